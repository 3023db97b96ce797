import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0003_dataset_note'),
    ]

    operations = [
        migrations.CreateModel(
            name='DatasetLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('related', 'Related'), ('derived_from', 'Derived from')], max_length=12)),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='catalog.dataset')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links_here', to='catalog.dataset')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.comparison.Least('dataset', 'target'), django.db.models.functions.comparison.Greatest('dataset', 'target'), models.F('kind'), name='dataset_linked_once'), models.CheckConstraint(condition=models.Q(('dataset', models.F('target')), _negated=True), name='dataset_not_linked_to_itself')],
            },
        ),
    ]
