

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0005_bounce_limit'),
    ]

    operations = [
        migrations.AddField(
            model_name='newsletter',
            name='tracking',
            field=models.CharField(choices=[('on', 'On'), ('opt-in', 'Opt in'), ('off', 'Off')], db_default='on', default='opt-in', max_length=8),
        ),
        migrations.AlterField(
            model_name='newsletter',
            name='click_tracking',
            field=models.BooleanField(default=True),
        ),
        migrations.AlterField(
            model_name='newsletter',
            name='open_tracking',
            field=models.BooleanField(default=True),
        ),
    ]
