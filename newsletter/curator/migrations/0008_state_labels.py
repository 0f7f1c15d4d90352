"""Labels of choices alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('curator', '0007_state_choices'),
    ]

    operations = [
        migrations.AlterField(
            model_name='article',
            name='origin',
            field=models.CharField(choices=[('feed', 'Feed'), ('page', 'Page'), ('file', 'File'), ('pasted', 'Pasted'), ('pushed', 'Pushed')], max_length=6),
        ),
        migrations.AlterField(
            model_name='article',
            name='standing',
            field=models.CharField(choices=[('new', 'New'), ('shortlisted', 'Shortlisted'), ('ignored', 'Ignored')], db_default='new', default='new', max_length=12),
        ),
        migrations.AlterField(
            model_name='linkcheck',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('fine', 'Fine'), ('gone', 'Gone'), ('forbidden', 'Forbidden'), ('unreachable', 'Unreachable')], default='waiting', max_length=11),
        ),
        migrations.AlterField(
            model_name='pagecheck',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('same', 'Same'), ('gone', 'Gone'), ('moved', 'Moved'), ('changed', 'Changed'), ('corrected', 'Corrected'), ('unreachable', 'Unreachable')], default='waiting', max_length=11),
        ),
    ]
