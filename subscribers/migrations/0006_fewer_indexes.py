"""Indexes that others begin with go, and a foreign key that cost an import a look-up for each of a million rows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0005_people_and_imports'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='subscription',
            name='subscription_state',
        ),
        migrations.AlterField(
            model_name='consent',
            name='list',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='subscribers.list'),
        ),
        migrations.AlterField(
            model_name='consent',
            name='run',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='subscribers.import'),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='list',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='subscribers.list'),
        ),
        migrations.AlterField(
            model_name='tagged',
            name='run',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='subscribers.import'),
        ),
        migrations.AddIndex(
            model_name='tagged',
            index=models.Index(condition=models.Q(('run__isnull', False)), fields=['run'], name='tagged_by_import'),
        ),
    ]
