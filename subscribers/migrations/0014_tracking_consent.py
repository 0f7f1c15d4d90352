

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0013_consent_texts'),
    ]

    operations = [
        migrations.AddField(
            model_name='consentevent',
            name='tracking',
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name='consentproof',
            name='tracking',
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name='subscriber',
            name='tracking_agreed_at',
            field=models.DateTimeField(null=True),
        ),
    ]
