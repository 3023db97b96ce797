from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0008_dataset_price'),
    ]

    operations = [
        migrations.AddField(
            model_name='source',
            name='retired_at',
            field=models.DateTimeField(null=True),
        ),
    ]
