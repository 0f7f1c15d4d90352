from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0006_tracking_consent'),
    ]

    operations = [
        migrations.AddField(
            model_name='newsletter',
            name='imprint_url',
            field=models.URLField(blank=True, db_default='', default='', max_length=500),
        ),
        migrations.AddField(
            model_name='newsletter',
            name='privacy_url',
            field=models.URLField(blank=True, db_default='', default='', max_length=500),
        ),
        migrations.AddField(
            model_name='newsletter',
            name='unsubscribe_email',
            field=models.EmailField(blank=True, db_default='', default='', max_length=254),
        ),
    ]
