"""Names in Python alone: every table and column keeps its own."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0006_directory_of_former_mailings")]

    operations = [
        migrations.AlterModelTable(name="directory", table="delivery_directory"),
        migrations.RenameModel(old_name="Directory", new_name="AudienceIndex"),
        migrations.AlterModelTable(name="incident", table="delivery_incident"),
        migrations.RenameModel(old_name="Incident", new_name="DeliveryException"),
        migrations.AlterModelTable(name="post", table="delivery_post"),
        migrations.RenameModel(old_name="Post", new_name="WebhookPayload"),
        migrations.AlterModelTable(name="stray", table="delivery_stray"),
        migrations.RenameModel(old_name="Stray", new_name="UnmatchedEventCount"),
        migrations.AlterModelTable(name="applier", table="delivery_applier"),
        migrations.RenameModel(old_name="Applier", new_name="WorkerLock"),
        migrations.AlterModelTable(name="pace", table="delivery_pace"),
        migrations.RenameModel(old_name="Pace", new_name="RateLimit"),
        migrations.AlterModelTable(name="pull", table="delivery_pull"),
        migrations.RenameModel(old_name="Pull", new_name="SuppressionSync"),
        migrations.AlterField(
            model_name="batch", name="handed_over_at", field=models.DateTimeField(null=True, db_column="handed_over_at")
        ),
        migrations.RenameField(model_name="batch", old_name="handed_over_at", new_name="submitted_at"),
        migrations.AlterField(
            model_name="suppressionsync", name="pulled_until", field=models.DateTimeField(null=True, db_column="pulled_until")
        ),
        migrations.RenameField(model_name="suppressionsync", old_name="pulled_until", new_name="synced_until"),
        migrations.AlterField(
            model_name="audienceindex",
            name="mailing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="audience_index", to="delivery.mailing"
            ),
        ),
        migrations.AlterField(
            model_name="deliveryexception",
            name="mailing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="exceptions", to="delivery.mailing"
            ),
        ),
        migrations.AlterField(
            model_name="deliveryexception",
            name="batch",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="exceptions", to="delivery.batch"
            ),
        ),
    ]
