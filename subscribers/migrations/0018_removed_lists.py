from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0017_search_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='list',
            name='removed_at',
            field=models.DateTimeField(null=True),
        ),
    ]
