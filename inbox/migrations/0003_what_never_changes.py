"""The database itself keeps two promises: a received event keeps its bytes, and history is append-only."""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION inbox_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is not allowed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_keeps_its_bytes BEFORE UPDATE OF connection_id, delivery_key, body, headers, query, received_at
    ON inbox_event FOR EACH ROW EXECUTE FUNCTION inbox_refuse_change();
CREATE TRIGGER activity_is_append_only BEFORE UPDATE OR DELETE
    ON inbox_activity FOR EACH ROW EXECUTE FUNCTION inbox_refuse_change();
"""
UNDO = """
DROP TRIGGER activity_is_append_only ON inbox_activity;
DROP TRIGGER event_keeps_its_bytes ON inbox_event;
DROP FUNCTION inbox_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("inbox", "0002_initial")]
    operations = [migrations.RunSQL(TRIGGERS, UNDO)]
