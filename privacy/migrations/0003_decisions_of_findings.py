"""The decisions that stand on findings get their line in the history of decisions."""

from django.db import migrations


def write_decisions(apps, schema_editor):
    finding, decision = apps.get_model("privacy", "Finding"), apps.get_model("privacy", "FindingDecision")
    decided = finding.objects.exclude(decided_by=None).order_by("decided_at")
    decision.objects.bulk_create(
        decision(
            finding=row,
            state=row.state,
            entity_type=row.entity_type,
            role=row.role,
            reason=row.reason,
            decided_by_id=row.decided_by_id,
            decided_at=row.decided_at,
        )
        for row in decided.iterator()
    )


class Migration(migrations.Migration):
    dependencies = [("privacy", "0002_rule_policies_and_decisions")]
    operations = [migrations.RunPython(write_decisions, migrations.RunPython.noop)]
