"""The related datasets of before become links, recorded by whoever opened the record: who related them was not kept."""

from django.db import migrations
from django.db.models import F


def keep(apps, schema_editor):
    Dataset = apps.get_model("catalog", "Dataset")
    DatasetLink = apps.get_model("catalog", "DatasetLink")
    # Each relation stands there twice, once from either side.
    pairs = Dataset.related.through.objects.filter(from_dataset_id__lt=F("to_dataset_id"))
    openers = dict(Dataset.objects.values_list("pk", "created_by_id"))
    DatasetLink.objects.bulk_create(
        DatasetLink(
            dataset_id=pair.from_dataset_id,
            target_id=pair.to_dataset_id,
            kind="related",
            recorded_by_id=openers[pair.from_dataset_id],
        )
        for pair in pairs
    )


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_dataset_link'),
    ]

    operations = [
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
