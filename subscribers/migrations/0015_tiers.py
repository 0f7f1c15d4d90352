

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0014_tracking_consent'),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnTier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=8, unique=True)),
                ('name', models.CharField(max_length=40, unique=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='TierChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tier', models.CharField(max_length=8)),
                ('ends_at', models.DateTimeField(null=True)),
                ('before', models.CharField(max_length=8)),
                ('before_ends_at', models.DateTimeField(null=True)),
                ('at', models.DateTimeField()),
                ('how', models.CharField(max_length=40)),
                ('by', models.CharField(blank=True, max_length=254)),
            ],
        ),
        migrations.AddField(
            model_name='subscriber',
            name='tier_ends_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='subscriber',
            name='tier',
            field=models.CharField(choices=[('free', 'Free'), ('metered', 'Metered'), ('paid', 'Paying'), ('comp', 'Complimentary')], db_default='free', default='free', max_length=8),
        ),
        migrations.AddIndex(
            model_name='subscriber',
            index=models.Index(condition=models.Q(('tier_ends_at__isnull', False)), fields=['tier_ends_at'], name='subscriber_tier_ends'),
        ),
        migrations.AddField(
            model_name='tierchange',
            name='run',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='subscribers.importrun'),
        ),
        migrations.AddField(
            model_name='tierchange',
            name='subscriber',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tier_changes', to='subscribers.subscriber'),
        ),
    ]
