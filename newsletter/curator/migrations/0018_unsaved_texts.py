"""A text that was refused is kept as one that conflicts is. The table keeps its name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("curator", "0017_articles_of_sources")]

    operations = [
        migrations.AlterModelTable("fieldconflict", "curator_fieldconflict"),
        migrations.RenameModel("FieldConflict", "UnsavedText"),
        migrations.AddField("unsavedtext", "refusal", models.TextField(blank=True, db_default="")),
    ]
