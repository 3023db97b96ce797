from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0007_dataset_items'),
    ]

    operations = [
        migrations.AddField(
            model_name='dataset',
            name='price',
            field=models.CharField(choices=[('free', 'Free of charge'), ('paid', 'Industrial use is paid'), ('unpriced', 'No price yet')], default='unpriced', editable=False, max_length=8),
        ),
    ]
