"""Labels of choices alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0008_state_choices'),
    ]

    operations = [
        migrations.AlterField(
            model_name='batch',
            name='state',
            field=models.CharField(choices=[('planned', 'Planned'), ('claimed', 'Claimed'), ('sending', 'Sending'), ('accepted', 'Accepted'), ('refused', 'Refused'), ('unknown', 'Unknown'), ('withdrawn', 'Withdrawn'), ('repaired', 'Repaired'), ('recalled', 'Recalled')], max_length=10),
        ),
        migrations.AlterField(
            model_name='exclusion',
            name='reason',
            field=models.CharField(choices=[('pending', 'Pending'), ('unsubscribed', 'Unsubscribed'), ('bounced', 'Bounced'), ('complained', 'Complained'), ('suppressed', 'Suppressed'), ('invalid', 'Invalid'), ('already', 'Already mailed'), ('ceiling', 'Over ceiling'), ('paused', 'Paused'), ('frequency', 'Frequency'), ('segment', 'Outside segment'), ('not_sent', 'Not sent')], max_length=20),
        ),
        migrations.AlterField(
            model_name='mailing',
            name='kind',
            field=models.CharField(choices=[('edition', 'Edition'), ('test', 'Test'), ('correction', 'Correction')], max_length=10),
        ),
        migrations.AlterField(
            model_name='mailing',
            name='recall',
            field=models.CharField(blank=True, choices=[('', 'None'), ('wanted', 'Wanted'), ('open', 'Open'), ('closed', 'Closed')], db_default='', max_length=8),
        ),
        migrations.AlterField(
            model_name='mailing',
            name='state',
            field=models.CharField(choices=[('scheduled', 'Scheduled'), ('freezing', 'Freezing audience'), ('sending', 'Sending'), ('finished', 'Sent'), ('paused', 'Paused'), ('cancelled', 'Cancelled'), ('held', 'Held')], db_index=True, max_length=12),
        ),
    ]
