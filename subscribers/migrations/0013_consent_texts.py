

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0012_transactional_taken'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConsentText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hash', models.CharField(max_length=64, unique=True)),
                ('text', models.TextField()),
                ('first_used_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='consentevent',
            name='form_hash',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
        migrations.AddField(
            model_name='consentevent',
            name='mail_hash',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
        migrations.AddField(
            model_name='consentevent',
            name='notice_hash',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
        migrations.AddField(
            model_name='list',
            name='privacy_notice',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='transactionalmail',
            name='text_hash',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
        migrations.CreateModel(
            name='ConsentProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_hash', models.CharField(db_index=True, max_length=40)),
                ('state', models.CharField(max_length=12)),
                ('before', models.CharField(blank=True, max_length=12)),
                ('at', models.DateTimeField()),
                ('how', models.CharField(max_length=40)),
                ('origin', models.CharField(blank=True, max_length=500)),
                ('words', models.TextField(blank=True)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('form_hash', models.CharField(blank=True, max_length=64)),
                ('notice_hash', models.CharField(blank=True, max_length=64)),
                ('mail_hash', models.CharField(blank=True, max_length=64)),
                ('run_id', models.BigIntegerField(null=True)),
                ('erased_at', models.DateTimeField(db_index=True)),
                ('list', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='subscribers.list')),
            ],
        ),
    ]
