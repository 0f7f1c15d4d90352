# Changes nothing by itself: an installation that is brought up to date migrates, and the index is made after that
# (subscribers.search_index.create_search_index).

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0016_subscription_counts'),
    ]

    operations = []
