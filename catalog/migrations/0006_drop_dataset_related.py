from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0005_related_as_links'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='dataset',
            name='related',
        ),
    ]
