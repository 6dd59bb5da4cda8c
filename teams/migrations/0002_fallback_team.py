"""A fallback team exists from the first moment on, and the database refuses to lose the last one."""

from django.db import migrations

TRIGGER = """
CREATE FUNCTION teams_keep_a_fallback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM teams_team WHERE is_fallback) THEN
        RAISE EXCEPTION 'one team must be the fallback' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'a_fallback_team_exists';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER a_fallback_team_exists AFTER UPDATE OR DELETE ON teams_team
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.is_fallback)
    EXECUTE FUNCTION teams_keep_a_fallback();
"""
UNDO = "DROP TRIGGER a_fallback_team_exists ON teams_team; DROP FUNCTION teams_keep_a_fallback();"


def create_fallback(apps, schema_editor):
    apps.get_model("teams", "Team").objects.create(slug="unsorted", name="Unsorted", hue=0, is_fallback=True)


class Migration(migrations.Migration):
    dependencies = [("teams", "0001_initial")]
    operations = [
        migrations.RunPython(create_fallback, migrations.RunPython.noop),
        migrations.RunSQL(TRIGGER, UNDO),
    ]
