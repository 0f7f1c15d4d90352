"""The labels of states follow the glossary; what is stored stays."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("subscribers", "0007_model_names"),
    ]

    operations = [
        migrations.AlterField(
            model_name="domainrule",
            name="verdict",
            field=models.CharField(choices=[("allow", "Allow"), ("deny", "Deny")], max_length=5),
        ),
        migrations.AlterField(
            model_name="importrun",
            name="state",
            field=models.CharField(
                choices=[
                    ("checking", "Checking"),
                    ("asks", "Needs answer"),
                    ("ready", "Ready"),
                    ("waiting", "Waiting"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("stopped", "Stopped"),
                    ("undoing", "Undoing"),
                    ("undone", "Undone"),
                ],
                db_index=True,
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="transactionalmail",
            name="state",
            field=models.CharField(
                choices=[
                    ("owed", "Queued"),
                    ("claimed", "Claimed"),
                    ("sent", "Sent"),
                    ("failed", "Failed"),
                    ("unknown", "Unknown"),
                ],
                db_index=True,
                default="owed",
                max_length=8,
            ),
        ),
    ]
