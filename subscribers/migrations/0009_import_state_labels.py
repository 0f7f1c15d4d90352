"""Labels of choices alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0008_state_labels'),
    ]

    operations = [
        migrations.AlterField(
            model_name='importrun',
            name='state',
            field=models.CharField(choices=[('checking', 'Checking'), ('asks', 'Needs answers'), ('ready', 'Dry run'), ('waiting', 'Waiting'), ('running', 'Importing'), ('done', 'Done'), ('failed', 'Failed'), ('stopped', 'Stopped'), ('undoing', 'Undoing'), ('undone', 'Undone')], db_index=True, max_length=8),
        ),
    ]
