"""A target that came with the start named a platform that no connection has: it never applied to anything."""

from django.db import migrations


def take_it_away(apps, schema_editor):
    apps.get_model("inbox", "Target").objects.filter(platform="inapp").delete()


class Migration(migrations.Migration):
    dependencies = [("inbox", "0027_conversations_that_moved")]
    operations = [migrations.RunPython(take_it_away, migrations.RunPython.noop)]
