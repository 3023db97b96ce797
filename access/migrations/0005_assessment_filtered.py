from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0004_assessment_superseded_because'),
    ]

    operations = [
        migrations.AddField(
            model_name='assessment',
            name='filtered',
            field=models.BooleanField(default=False),
        ),
    ]
