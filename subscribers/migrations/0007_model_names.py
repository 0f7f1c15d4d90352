"""Models get the glossary's names; their tables keep theirs."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("subscribers", "0006_fewer_indexes")]
    operations = [
        migrations.AlterModelTable("tagged", "subscribers_tagged"),
        migrations.RenameModel("Tagged", "SubscriberTag"),
        migrations.AlterModelTable("addresschange", "subscribers_addresschange"),
        migrations.RenameModel("AddressChange", "FormerAddress"),
        migrations.AlterModelTable("consent", "subscribers_consent"),
        migrations.RenameModel("Consent", "ConsentEvent"),
        migrations.AlterModelTable("import", "subscribers_import"),
        migrations.RenameModel("Import", "ImportRun"),
        migrations.AlterModelTable("attempt", "subscribers_attempt"),
        migrations.RenameModel("Attempt", "SignupAttempt"),
        migrations.AlterModelTable("addresswish", "subscribers_addresswish"),
        migrations.RenameModel("AddressWish", "AddressChangeRequest"),
        migrations.AlterModelTable("owedmail", "subscribers_owedmail"),
        migrations.RenameModel("OwedMail", "TransactionalMail"),
        migrations.AlterModelTable("visit", "subscribers_visit"),
        migrations.RenameModel("Visit", "FormHit"),
    ]
