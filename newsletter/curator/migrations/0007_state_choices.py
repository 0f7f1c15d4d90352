"""Labels of choices alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('curator', '0006_suggestion_rules_page_and_link_checks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='article',
            name='origin',
            field=models.CharField(choices=[('feed', 'feed'), ('page', 'page'), ('file', 'file'), ('pasted', 'pasted'), ('pushed', 'pushed')], max_length=6),
        ),
        migrations.AlterField(
            model_name='article',
            name='standing',
            field=models.CharField(choices=[('new', 'new'), ('shortlisted', 'shortlisted'), ('ignored', 'ignored')], db_default='new', default='new', max_length=12),
        ),
        migrations.AlterField(
            model_name='edition',
            name='state',
            field=models.CharField(choices=[('open', 'Draft'), ('locked', 'Locked'), ('in_review', 'In review'), ('approved', 'Approved'), ('handed_over', 'Sending'), ('sent', 'Sent'), ('skipped', 'Skipped'), ('held', 'Held'), ('missed', 'Missed')], default='open', max_length=12),
        ),
        migrations.AlterField(
            model_name='linkcheck',
            name='state',
            field=models.CharField(choices=[('waiting', 'waiting'), ('fine', 'fine'), ('gone', 'gone'), ('forbidden', 'forbidden'), ('unreachable', 'unreachable')], default='waiting', max_length=11),
        ),
        migrations.AlterField(
            model_name='pagecheck',
            name='state',
            field=models.CharField(choices=[('waiting', 'waiting'), ('same', 'same'), ('gone', 'gone'), ('moved', 'moved'), ('changed', 'changed'), ('corrected', 'corrected'), ('unreachable', 'unreachable')], default='waiting', max_length=11),
        ),
    ]
