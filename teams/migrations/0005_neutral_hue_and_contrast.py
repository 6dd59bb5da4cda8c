"""A team may be neutral, as the fallback team made by ourselves is; and people may choose high contrast."""

from django.db import migrations, models


def make_the_fallback_neutral(apps, schema_editor):
    apps.get_model("teams", "Team").objects.filter(slug="unsorted", is_fallback=True).update(hue=None)


class Migration(migrations.Migration):
    dependencies = [("teams", "0004_desk")]
    operations = [
        migrations.AlterField(
            model_name="team",
            name="hue",
            field=models.PositiveSmallIntegerField(blank=True, default=205, null=True, verbose_name="hue, in degrees"),
        ),
        migrations.AlterField(
            model_name="user",
            name="theme",
            field=models.CharField(
                choices=[
                    ("system", "As the system"),
                    ("light", "Light"),
                    ("dark", "Dark"),
                    ("contrast", "High contrast"),
                ],
                default="system",
                max_length=8,
                verbose_name="theme",
            ),
        ),
        migrations.RunPython(make_the_fallback_neutral, migrations.RunPython.noop),
    ]
