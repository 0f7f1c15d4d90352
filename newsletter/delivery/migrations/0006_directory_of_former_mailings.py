"""Enters the candidates of mailings that were frozen before there was a directory, so that a reader's page has them."""

from django.db import migrations

from newsletter.delivery import batching, ledger, states

FIRST_EXCLUDED, PLACES = 65_000, 1_000  # as in delivery.rows and delivery.freezing at the time of this migration


def enter(apps, schema_editor):
    mailing_model = apps.get_model("delivery", "Mailing")
    directory_model = apps.get_model("delivery", "Directory")
    for mailing in mailing_model.objects.filter(frozen_at__isnull=False, directory=None).iterator():
        places = {}
        for batch in mailing.batches.filter(repair=False).iterator(chunk_size=50):
            places.update(dict.fromkeys(ledger.unpack_members(batch.members, batch.format), batch.stratum))
        for row in mailing.exclusions.iterator(chunk_size=50):
            place = FIRST_EXCLUDED + states.EXCLUSIONS.index(row.reason)
            places.update(dict.fromkeys(ledger.unpack_members(row.members, row.format), place))
        directory_model.objects.bulk_create(
            directory_model(
                mailing=mailing,
                first_id=some[0][0],
                last_id=some[-1][0],
                format=ledger.FORMAT,
                places=ledger.pack_places(some),
            )
            for some in batching.chunks(sorted(places.items()), PLACES)
        )


class Migration(migrations.Migration):
    dependencies = [("delivery", "0005_engagement")]
    operations = [migrations.RunPython(enter, migrations.RunPython.noop)]
