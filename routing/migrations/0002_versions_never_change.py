"""The database itself refuses to change or delete a published version."""

from django.db import migrations

TRIGGER = """
CREATE FUNCTION routing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of a published ruleset version is not allowed', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER version_never_changes BEFORE UPDATE OR DELETE ON routing_rulesetversion
    FOR EACH ROW EXECUTE FUNCTION routing_refuse_change();
"""
UNDO = "DROP TRIGGER version_never_changes ON routing_rulesetversion; DROP FUNCTION routing_refuse_change();"


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial")]
    operations = [migrations.RunSQL(TRIGGER, UNDO)]
