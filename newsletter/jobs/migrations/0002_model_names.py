"""Names in Python alone: the table and its columns keep their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.AlterModelTable(name="pulse", table="jobs_pulse"),
        migrations.RenameModel(old_name="Pulse", new_name="Heartbeat"),
        migrations.AlterField(
            model_name="heartbeat", name="beat_at", field=models.DateTimeField(db_index=True, db_column="beat_at")
        ),
        migrations.RenameField(model_name="heartbeat", old_name="beat_at", new_name="last_seen_at"),
    ]
