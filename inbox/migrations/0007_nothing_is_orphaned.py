"""An unfinished item is in an open team, and held by an active person or by nobody: the database says so.

Rows of the team and the person are locked while it is looked, so that a team that is just being closed, or a
person who is just leaving, cannot get an item in the same moment.
"""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION inbox_item_has_a_home() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE woke boolean := TG_OP = 'INSERT' OR OLD.state NOT IN ('open', 'waiting', 'snoozed');
BEGIN
    IF woke OR NEW.team_id <> OLD.team_id THEN
        PERFORM 1 FROM teams_team WHERE id = NEW.team_id AND closed_at IS NULL FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'an unfinished item must be in an open team' USING ERRCODE = 'check_violation',
                CONSTRAINT = 'item_is_in_an_open_team';
        END IF;
    END IF;
    IF NEW.assignee_id IS NOT NULL AND (woke OR NEW.assignee_id IS DISTINCT FROM OLD.assignee_id) THEN
        PERFORM 1 FROM teams_user WHERE id = NEW.assignee_id AND is_active FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'an unfinished item must be held by an active person' USING ERRCODE = 'check_violation',
                CONSTRAINT = 'item_is_held_by_an_active_person';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER item_has_a_home BEFORE INSERT OR UPDATE OF team_id, assignee_id, state ON inbox_item
    FOR EACH ROW WHEN (NEW.state IN ('open', 'waiting', 'snoozed')) EXECUTE FUNCTION inbox_item_has_a_home();

CREATE FUNCTION inbox_team_leaves_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM inbox_item WHERE team_id = NEW.id AND state IN ('open', 'waiting', 'snoozed')) THEN
        RAISE EXCEPTION 'a team with unfinished items cannot be closed' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'closed_team_is_empty';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER closed_team_is_empty AFTER UPDATE ON teams_team DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL)
    EXECUTE FUNCTION inbox_team_leaves_nothing();

CREATE FUNCTION inbox_person_leaves_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM inbox_item WHERE assignee_id = NEW.id AND state IN ('open', 'waiting', 'snoozed')) THEN
        RAISE EXCEPTION 'a person who holds unfinished items cannot be deactivated'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'who_left_holds_nothing';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER who_left_holds_nothing AFTER UPDATE ON teams_user DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION inbox_person_leaves_nothing();
"""
UNDO = """
DROP TRIGGER who_left_holds_nothing ON teams_user;
DROP FUNCTION inbox_person_leaves_nothing();
DROP TRIGGER closed_team_is_empty ON teams_team;
DROP FUNCTION inbox_team_leaves_nothing();
DROP TRIGGER item_has_a_home ON inbox_item;
DROP FUNCTION inbox_item_has_a_home();
"""
REASONS = [
    "It is about your subject",
    "Needs somebody who knows the product",
    "Money, contract or invoice",
    "Wrong language for us",
    "The customer asked for it",
]
CHATS = ["inapp", "telegram", "messenger", "whatsapp", "line", "discord", "slack"]


def put_in_what_admins_will_change(apps, schema_editor):
    reasons = apps.get_model("inbox", "HandoffReason").objects
    reasons.bulk_create([reasons.model(text=text, position=n) for n, text in enumerate(REASONS)])
    targets = apps.get_model("inbox", "Target").objects
    targets.create(first_reply=240, next_reply=480, resolution=4320)
    targets.create(platform="email", first_reply=480, next_reply=480)
    targets.bulk_create([targets.model(platform=kind, first_reply=15, next_reply=30) for kind in CHATS])


class Migration(migrations.Migration):
    dependencies = [("inbox", "0006_clocks_and_desk")]
    operations = [
        migrations.RunSQL(TRIGGERS, UNDO),
        migrations.RunPython(put_in_what_admins_will_change, migrations.RunPython.noop),
    ]
