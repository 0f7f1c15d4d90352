"""Enters the candidates of mailings that were frozen before there was a directory, so that a reader's page has them.

What it needs of the ledger is written out here, as it was at the time of this migration: a migration imports nothing
of ours, or it would change with the code.
"""

import sys
import zlib
from array import array
from itertools import accumulate, pairwise

from django.db import migrations

FORMAT = 1
FIRST_EXCLUDED, PLACES = 65_000, 1_000
EXCLUSIONS = (
    "pending", "unsubscribed", "bounced", "complained", "suppressed", "invalid", "already", "ceiling", "paused",
    "frequency", "segment", "not_sent",
)
CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


def little(values):
    if sys.byteorder == "big":
        values.byteswap()
    return values


def unpack_members(data, format):
    if format != FORMAT:
        raise ValueError(f"The ledger is in format {format}; this migration reads {FORMAT}.")
    raw = bytes(data)
    gaps = array(CODES[raw[0]])
    gaps.frombytes(raw[9:])
    return list(accumulate(little(gaps), initial=int.from_bytes(raw[1:9], "little")))


def pack_members(ids):
    gaps = [after - before for before, after in pairwise(ids)]
    widest = max(gaps, default=0)
    width = next(width for width in (1, 2, 4, 8) if widest < 1 << 8 * width)
    return bytes((width,)) + ids[0].to_bytes(8, "little") + little(array(CODES[width], gaps)).tobytes()


def pack_places(places):
    numbers = array("H", [number for _, number in places])
    return zlib.compress(pack_members([person for person, _ in places]) + little(numbers).tobytes(), 1)


def enter(apps, schema_editor):
    mailing_model = apps.get_model("delivery", "Mailing")
    directory_model = apps.get_model("delivery", "Directory")
    for mailing in mailing_model.objects.filter(frozen_at__isnull=False, directory=None).iterator():
        places = {}
        for batch in mailing.batches.filter(repair=False).iterator(chunk_size=50):
            places.update(dict.fromkeys(unpack_members(batch.members, batch.format), batch.stratum))
        for row in mailing.exclusions.iterator(chunk_size=50):
            place = FIRST_EXCLUDED + EXCLUSIONS.index(row.reason)
            places.update(dict.fromkeys(unpack_members(row.members, row.format), place))
        ascending = sorted(places.items())
        runs = [ascending[start : start + PLACES] for start in range(0, len(ascending), PLACES)]
        directory_model.objects.bulk_create(
            directory_model(
                mailing=mailing,
                first_id=some[0][0],
                last_id=some[-1][0],
                format=FORMAT,
                places=pack_places(some),
            )
            for some in runs
        )


class Migration(migrations.Migration):
    dependencies = [("delivery", "0005_engagement")]
    operations = [migrations.RunPython(enter, migrations.RunPython.noop)]
