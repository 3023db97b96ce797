from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0006_drop_dataset_related'),
    ]

    operations = [
        migrations.AddField(
            model_name='dataset',
            name='items',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
