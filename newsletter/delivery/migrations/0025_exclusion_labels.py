"""Labels of choices alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0024_ledger_sums'),
    ]

    operations = [
        migrations.AlterField(
            model_name='exclusion',
            name='reason',
            field=models.CharField(choices=[('pending', 'Pending'), ('unsubscribed', 'Unsubscribed'), ('bounced', 'Bounced earlier'), ('complained', 'Complained earlier'), ('suppressed', 'Suppressed'), ('invalid', 'Invalid'), ('already', 'Already mailed'), ('ceiling', 'Over ceiling'), ('paused', 'Paused'), ('frequency', 'Frequency'), ('segment', 'Outside segment'), ('not_sent', 'Not sent'), ('undecided', 'Undecided')], max_length=20),
        ),
    ]
