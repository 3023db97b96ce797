"""What the offers in force say, written onto their datasets for the catalogue to filter on."""

from django.db import migrations


def fill(apps, schema_editor):
    Dataset, Offer = apps.get_model("catalog", "Dataset"), apps.get_model("access", "Offer")
    offers = Offer.objects.filter(state="active")
    Dataset.objects.filter(pk__in=offers.filter(amount__gt=0).values("dataset_id")).update(price="paid")
    Dataset.objects.filter(pk__in=offers.filter(amount=0).values("dataset_id")).update(price="free")


class Migration(migrations.Migration):

    dependencies = [
        ("access", "0002_initial"),
        ("catalog", "0008_dataset_price"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
