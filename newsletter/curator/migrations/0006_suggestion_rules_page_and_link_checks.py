"""Names in Python alone: tables and columns keep theirs."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("curator", "0005_variants_boxes_links")]

    operations = [
        migrations.AlterModelTable("Rule", "curator_rule"),
        migrations.AlterModelTable("Look", "curator_look"),
        migrations.AlterModelTable("LinkLook", "curator_linklook"),
        migrations.RenameModel("Rule", "SuggestionRule"),
        migrations.RenameModel("Look", "PageCheck"),
        migrations.RenameModel("LinkLook", "LinkCheck"),
        migrations.AlterField(
            "PageCheck",
            "pick",
            models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="page_check", to="curator.pick"
            ),
        ),
        migrations.AlterField(
            "Pick",
            "shown_to",
            models.CharField(blank=True, db_column="shown_to", db_default="", default="", max_length=80),
        ),
        migrations.RenameField("Pick", "shown_to", "visibility"),
        migrations.AlterField("Box", "shown_to", models.CharField(blank=True, db_column="shown_to", max_length=80)),
        migrations.RenameField("Box", "shown_to", "visibility"),
        migrations.AlterField("PageCheck", "seen", models.CharField(blank=True, db_column="seen", max_length=300)),
        migrations.RenameField("PageCheck", "seen", "overridden_by"),
    ]
