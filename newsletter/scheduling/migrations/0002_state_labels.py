"""Labels of choices alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduler', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='occurrence',
            name='state',
            field=models.CharField(choices=[('planned', 'Planned'), ('opened', 'Draft'), ('claimed', 'Sending'), ('skipped', 'Skipped'), ('held', 'Held'), ('missed', 'Missed')], default='planned', max_length=8),
        ),
    ]
