from typing import Any

from django.db import migrations


def mark(apps: Any, _schema_editor: Any) -> None:
    """What the filters of earlier assessments were is not kept; those of applications that have one now are taken to have had it."""
    applications = apps.get_model("access", "Application").objects.filter(row_filter__isnull=False)
    apps.get_model("access", "Assessment").objects.filter(application__in=applications).update(filtered=True)


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0005_assessment_filtered'),
    ]

    operations = [
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
