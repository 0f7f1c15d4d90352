-- Made by version 0.1.0 (see the tests' __init__.py). SQLite.
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
CREATE TABLE "subscribers_suppression" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "address_key" varchar(320) NOT NULL UNIQUE, "reason" varchar(40) NOT NULL, "source" varchar(200) NOT NULL, "created_at" datetime NOT NULL, "expires_at" datetime NULL, "run_id" bigint NULL REFERENCES "subscribers_import" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "subscribers_addresschange" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "address" varchar(320) NOT NULL, "address_key" varchar(320) NOT NULL, "since" datetime NOT NULL, "until" datetime NOT NULL, "changed_by" varchar(254) NOT NULL, "subscriber_id" bigint NOT NULL REFERENCES "subscribers_subscriber" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "subscribers_visit" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "bucket" varchar(20) NOT NULL, "key" varchar(64) NOT NULL, "at" datetime NOT NULL);
CREATE TABLE "catalog_picture" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "sha256" varchar(64) NOT NULL UNIQUE, "extension" varchar(4) NOT NULL, "width" integer unsigned NOT NULL CHECK ("width" >= 0), "height" integer unsigned NOT NULL CHECK ("height" >= 0), "size" integer unsigned NOT NULL CHECK ("size" >= 0), "source_url" varchar(2000) NOT NULL, "created_at" datetime NOT NULL);
CREATE TABLE "catalog_section" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "key" varchar(40) NOT NULL, "title" varchar(120) NOT NULL, "position" smallint unsigned NOT NULL CHECK ("position" >= 0), "quota" smallint unsigned NOT NULL CHECK ("quota" >= 0), "newsletter_id" bigint NOT NULL REFERENCES "catalog_newsletter" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "section_key_once" UNIQUE ("newsletter_id", "key"));
CREATE TABLE "accounts_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "email" varchar(254) NOT NULL UNIQUE, "name" varchar(200) NOT NULL, "is_active" bool NOT NULL, "created_at" datetime NOT NULL);
CREATE TABLE "accounts_auditentry" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "at" datetime NOT NULL, "actor_name" varchar(254) NOT NULL, "verb" varchar(60) NOT NULL, "target" varchar(200) NOT NULL, "detail" text NOT NULL, "actor_id" bigint NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "newsletter_id" bigint NULL REFERENCES "catalog_newsletter" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "accounts_role" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(20) NOT NULL, "newsletter_id" bigint NULL REFERENCES "catalog_newsletter" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_role_per_newsletter" UNIQUE ("user_id", "newsletter_id"));
CREATE TABLE "accounts_apitoken" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(60) NOT NULL, "prefix" varchar(8) NOT NULL UNIQUE, "digest" varchar(64) NOT NULL, "created_at" datetime NOT NULL, "used_at" datetime NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "django_content_type" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
CREATE TABLE "auth_group_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "auth_permission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "codename" varchar(100) NOT NULL, "name" varchar(255) NOT NULL);
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
CREATE TABLE "axes_accessattempt" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_agent" varchar(255) NOT NULL, "ip_address" char(39) NULL, "username" varchar(255) NULL, "http_accept" varchar(1025) NOT NULL, "path_info" varchar(255) NOT NULL, "attempt_time" datetime NOT NULL, "get_data" text NOT NULL, "post_data" text NOT NULL, "failures_since_start" integer unsigned NOT NULL CHECK ("failures_since_start" >= 0));
CREATE TABLE "axes_accessfailurelog" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_agent" varchar(255) NOT NULL, "ip_address" char(39) NULL, "username" varchar(255) NULL, "http_accept" varchar(1025) NOT NULL, "path_info" varchar(255) NOT NULL, "attempt_time" datetime NOT NULL, "locked_out" bool NOT NULL);
CREATE TABLE "axes_accesslog" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_agent" varchar(255) NOT NULL, "ip_address" char(39) NULL, "username" varchar(255) NULL, "http_accept" varchar(1025) NOT NULL, "path_info" varchar(255) NOT NULL, "attempt_time" datetime NOT NULL, "logout_time" datetime NULL, "session_hash" varchar(64) NOT NULL);
CREATE TABLE "axes_accessattemptexpiration" ("access_attempt_id" integer NOT NULL PRIMARY KEY REFERENCES "axes_accessattempt" ("id") DEFERRABLE INITIALLY DEFERRED, "expires_at" datetime NOT NULL);
CREATE TABLE "catalog_newsletter" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "slug" varchar(60) NOT NULL UNIQUE, "name" varchar(120) NOT NULL, "strap" varchar(200) NOT NULL, "description" text NOT NULL, "state" varchar(10) NOT NULL, "publication" varchar(120) NOT NULL, "publication_url" varchar(500) NOT NULL, "from_email" varchar(254) NOT NULL, "from_name" varchar(120) NOT NULL, "reply_to" varchar(254) NOT NULL, "postal_address" varchar(300) NOT NULL, "signed" varchar(120) NOT NULL, "language" varchar(16) NOT NULL, "zone" varchar(64) NOT NULL, "template" varchar(60) NOT NULL, "theme" text NOT NULL CHECK ((JSON_VALID("theme") OR "theme" IS NULL)), "stories_wanted" smallint unsigned NOT NULL CHECK ("stories_wanted" >= 0), "stories_least" smallint unsigned NOT NULL CHECK ("stories_least" >= 0), "late_after_minutes" integer unsigned NOT NULL CHECK ("late_after_minutes" >= 0), "click_tracking" bool NOT NULL, "open_tracking" bool NOT NULL, "created_at" datetime NOT NULL, "list_id" bigint NOT NULL REFERENCES "subscribers_list" ("id") DEFERRABLE INITIALLY DEFERRED, "logo_dark_id" bigint NULL REFERENCES "catalog_picture" ("id") DEFERRABLE INITIALLY DEFERRED, "logo_light_id" bigint NULL REFERENCES "catalog_picture" ("id") DEFERRABLE INITIALLY DEFERRED, "per_minute" integer unsigned DEFAULT 0 NOT NULL CHECK ("per_minute" >= 0), "recall_minutes" integer unsigned DEFAULT 0 NOT NULL CHECK ("recall_minutes" >= 0), "repair_after_minutes" integer unsigned DEFAULT 0 NOT NULL CHECK ("repair_after_minutes" >= 0), "warm_up_first" integer unsigned DEFAULT 0 NOT NULL CHECK ("warm_up_first" >= 0), "warm_up_from" date NULL, "segment" varchar(60) DEFAULT '' NOT NULL, "link_parameters" varchar(200) DEFAULT '' NOT NULL, "test_addresses" varchar(500) DEFAULT '' NOT NULL);
CREATE TABLE "catalog_sponsor" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "label" varchar(60) NOT NULL, "headline" varchar(120) NOT NULL, "text" varchar(400) NOT NULL, "url" varchar(2000) NOT NULL, "first" date NOT NULL, "last" date NOT NULL, "newsletter_id" bigint NOT NULL REFERENCES "catalog_newsletter" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "curator_source" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "url" varchar(2000) NOT NULL UNIQUE, "title" varchar(300) NOT NULL, "homepage" varchar(2000) NOT NULL, "active" bool NOT NULL, "etag" varchar(500) NOT NULL, "last_modified" varchar(100) NOT NULL, "added_at" datetime NOT NULL, "fetched_at" datetime NULL, "fresh_at" datetime NULL, "next_at" datetime NULL, "failures" integer unsigned NOT NULL CHECK ("failures" >= 0), "error" text NOT NULL, "body_digest" varchar(64) DEFAULT '' NOT NULL);
CREATE TABLE "curator_story" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "created_at" datetime NOT NULL);
CREATE TABLE "curator_article" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "entry_key" varchar(500) NOT NULL, "origin" varchar(6) NOT NULL, "url" varchar(2000) NOT NULL, "canonical_url" varchar(2000) NOT NULL, "canonical_key" varchar(64) NOT NULL, "title" varchar(500) NOT NULL, "title_key" varchar(500) NOT NULL, "dek" text NOT NULL, "text" text NOT NULL, "byline" varchar(300) NOT NULL, "published_at" datetime NULL, "language" varchar(16) NOT NULL, "publisher" varchar(200) NOT NULL, "biography" text NOT NULL, "image_url" varchar(2000) NOT NULL, "image_alt" text NOT NULL, "image_caption" text NOT NULL, "image_credit" varchar(300) NOT NULL, "added_at" datetime NOT NULL, "picture_id" bigint NULL REFERENCES "catalog_picture" ("id") DEFERRABLE INITIALLY DEFERRED, "source_id" bigint NULL REFERENCES "curator_source" ("id") DEFERRABLE INITIALLY DEFERRED, "changed_by" varchar(254) DEFAULT '' NOT NULL, "eligible_from" date NULL, "eligible_until" date NULL, "paywalled" bool DEFAULT 0 NOT NULL, "section" varchar(120) DEFAULT '' NOT NULL, "standing" varchar(12) DEFAULT 'new' NOT NULL, "version" integer unsigned DEFAULT 1 NOT NULL CHECK ("version" >= 0), "copy_of_id" bigint NULL REFERENCES "curator_article" ("id") DEFERRABLE INITIALLY DEFERRED, "story_id" bigint NULL REFERENCES "curator_story" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "curator_snapshot" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "sha256" varchar(64) NOT NULL, "subject" text NOT NULL, "preheader" text NOT NULL, "html" text NOT NULL, "text" text NOT NULL, "merge" text NOT NULL CHECK ((JSON_VALID("merge") OR "merge" IS NULL)), "approved_at" datetime NOT NULL, "approved_by" varchar(254) NOT NULL, "voided_at" datetime NULL, "void_reason" varchar(300) NOT NULL, "edition_id" bigint NOT NULL REFERENCES "curator_edition" ("id") DEFERRABLE INITIALLY DEFERRED, "purpose" varchar(10) DEFAULT 'edition' NOT NULL);
CREATE TABLE "curator_articlenote" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "text" varchar(1000) NOT NULL, "by" varchar(254) NOT NULL, "at" datetime NOT NULL, "article_id" bigint NOT NULL REFERENCES "curator_article" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "curator_correction" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "text" varchar(1000) NOT NULL, "by" varchar(254) NOT NULL, "at" datetime NOT NULL, "carried_in_id" bigint NULL REFERENCES "curator_edition" ("id") DEFERRABLE INITIALLY DEFERRED, "edition_id" bigint NOT NULL REFERENCES "curator_edition" ("id") DEFERRABLE INITIALLY DEFERRED, "pick_id" bigint NULL REFERENCES "curator_pick" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "curator_look" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "state" varchar(11) NOT NULL, "detail" varchar(500) NOT NULL, "page_title" varchar(500) NOT NULL, "page_address" varchar(2000) NOT NULL, "looked_at" datetime NULL, "next_at" datetime NOT NULL, "failures" integer unsigned NOT NULL CHECK ("failures" >= 0), "etag" varchar(500) NOT NULL, "last_modified" varchar(100) NOT NULL, "seen" varchar(300) NOT NULL, "pick_id" bigint NOT NULL UNIQUE REFERENCES "curator_pick" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "curator_articletag" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(40) NOT NULL, "article_id" bigint NOT NULL REFERENCES "curator_article" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "tag_once_per_article" UNIQUE ("article_id", "name"));
CREATE TABLE "curator_override" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "code" varchar(40) NOT NULL, "where" varchar(80) NOT NULL, "reason" varchar(300) NOT NULL, "by" varchar(254) NOT NULL, "at" datetime NOT NULL, "edition_id" bigint NOT NULL REFERENCES "curator_edition" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_override_per_finding" UNIQUE ("edition_id", "code", "where"));
CREATE TABLE "curator_rule" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "effect" varchar(5) NOT NULL, "phrase" varchar(100) NOT NULL, "section" varchar(40) NOT NULL, "by" varchar(254) NOT NULL, "at" datetime NOT NULL, "newsletter_id" bigint NOT NULL REFERENCES "catalog_newsletter" ("id") DEFERRABLE INITIALLY DEFERRED, "source_id" bigint NULL REFERENCES "curator_source" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "one_rule_per_source" UNIQUE ("newsletter_id", "source_id"));
CREATE TABLE "curator_linklook" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "key" varchar(64) NOT NULL UNIQUE, "url" varchar(2000) NOT NULL, "state" varchar(11) NOT NULL, "detail" varchar(300) NOT NULL, "failures" integer unsigned NOT NULL CHECK ("failures" >= 0), "looked_at" datetime NULL, "next_at" datetime NOT NULL, "wanted_until" date NOT NULL);
CREATE TABLE "curator_edition" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "date" date NOT NULL, "state" varchar(12) NOT NULL, "reason" varchar(300) NOT NULL, "subject" varchar(300) NOT NULL, "preheader" varchar(300) NOT NULL, "intro" text NOT NULL, "signed" varchar(120) NOT NULL, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "created_at" datetime NOT NULL, "changed_at" datetime NOT NULL, "newsletter_id" bigint NOT NULL REFERENCES "catalog_newsletter" ("id") DEFERRABLE INITIALLY DEFERRED, "second_subject" varchar(300) DEFAULT '' NOT NULL, CONSTRAINT "one_edition_a_day" UNIQUE ("newsletter_id", "date"));
CREATE TABLE "curator_pick" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "key" varchar(12) NOT NULL UNIQUE, "section" varchar(40) NOT NULL, "position" integer unsigned NOT NULL CHECK ("position" >= 0), "size" varchar(1) NOT NULL, "headline" varchar(500) NOT NULL, "blurb" text NOT NULL, "label" varchar(60) NOT NULL, "url" varchar(2000) NOT NULL, "publisher" varchar(200) NOT NULL, "byline" varchar(300) NOT NULL, "minutes" smallint unsigned NOT NULL CHECK ("minutes" >= 0), "image_alt" text NOT NULL, "image_caption" text NOT NULL, "image_credit" varchar(300) NOT NULL, "article_id" bigint NOT NULL REFERENCES "curator_article" ("id") DEFERRABLE INITIALLY DEFERRED, "edition_id" bigint NOT NULL REFERENCES "curator_edition" ("id") DEFERRABLE INITIALLY DEFERRED, "picture_id" bigint NULL REFERENCES "catalog_picture" ("id") DEFERRABLE INITIALLY DEFERRED, "clicks" integer unsigned DEFAULT 0 NOT NULL CHECK ("clicks" >= 0), "clicks_as_of" datetime NULL, "machine_clicks" integer unsigned DEFAULT 0 NOT NULL CHECK ("machine_clicks" >= 0), "again_reason" varchar(300) DEFAULT '' NOT NULL, "because" varchar(300) DEFAULT '' NOT NULL, "plain_link" bool DEFAULT 0 NOT NULL, "shown_to" varchar(80) DEFAULT '' NOT NULL, CONSTRAINT "article_once_per_edition" UNIQUE ("edition_id", "article_id"));
CREATE TABLE "curator_box" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "place" varchar(3) NOT NULL, "title" varchar(120) NOT NULL, "text" text NOT NULL, "shown_to" varchar(80) NOT NULL, "edition_id" bigint NOT NULL REFERENCES "curator_edition" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "curator_snapshotvariant" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "code" varchar(20) NOT NULL, "audiences" text NOT NULL CHECK ((JSON_VALID("audiences") OR "audiences" IS NULL)), "second_subject" bool NOT NULL, "sha256" varchar(64) NOT NULL, "subject" text NOT NULL, "preheader" text NOT NULL, "html" text NOT NULL, "text" text NOT NULL, "merge" text NOT NULL CHECK ((JSON_VALID("merge") OR "merge" IS NULL)), "snapshot_id" bigint NOT NULL REFERENCES "curator_snapshot" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "variant_once_per_snapshot" UNIQUE ("snapshot_id", "code"));
CREATE TABLE "scheduler_schedule" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "weekdays" varchar(7) NOT NULL, "time" time NOT NULL, "zone" varchar(64) NOT NULL, "open_before_minutes" integer unsigned NOT NULL CHECK ("open_before_minutes" >= 0), "active" bool NOT NULL, "created_at" datetime NOT NULL, "newsletter_id" bigint NOT NULL REFERENCES "catalog_newsletter" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "scheduler_occurrence" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "instant" datetime NOT NULL, "date" date NOT NULL, "opens_at" datetime NOT NULL, "state" varchar(8) NOT NULL, "reason" varchar(300) NOT NULL, "changed_at" datetime NOT NULL, "edition_id" bigint NULL REFERENCES "curator_edition" ("id") DEFERRABLE INITIALLY DEFERRED, "newsletter_id" bigint NOT NULL REFERENCES "catalog_newsletter" ("id") DEFERRABLE INITIALLY DEFERRED, "schedule_id" bigint NOT NULL REFERENCES "scheduler_schedule" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "occurrence_once" UNIQUE ("schedule_id", "instant"));
CREATE TABLE "scheduler_skip" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "date" date NOT NULL, "reason" varchar(300) NOT NULL, "created_at" datetime NOT NULL, "created_by" varchar(254) NOT NULL, "schedule_id" bigint NOT NULL REFERENCES "scheduler_schedule" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "skip_once" UNIQUE ("schedule_id", "date"));
CREATE TABLE "delivery_incident" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "address" varchar(320) NOT NULL, "kind" varchar(20) NOT NULL, "reason" text NOT NULL, "at" datetime NOT NULL, "batch_id" bigint NULL REFERENCES "delivery_batch" ("id") DEFERRABLE INITIALLY DEFERRED, "subscriber_id" bigint NOT NULL, "mailing_id" bigint NOT NULL REFERENCES "delivery_mailing" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "delivery_exclusion" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "reason" varchar(20) NOT NULL, "format" smallint unsigned NOT NULL CHECK ("format" >= 0), "members" BLOB NOT NULL, "size" integer unsigned NOT NULL CHECK ("size" >= 0), "first_id" bigint NOT NULL, "last_id" bigint NOT NULL, "mailing_id" bigint NOT NULL REFERENCES "delivery_mailing" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "delivery_applier" ("name" varchar(20) NOT NULL PRIMARY KEY, "owner" varchar(80) NOT NULL, "lease_until" datetime NULL);
CREATE TABLE "delivery_post" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "digest" BLOB NOT NULL UNIQUE, "body" BLOB NOT NULL, "received_at" datetime NOT NULL);
CREATE TABLE "delivery_seenevent" ("id" bigint NOT NULL PRIMARY KEY, "at" datetime NOT NULL);
CREATE TABLE "delivery_stray" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "day" date NOT NULL UNIQUE, "count" integer unsigned NOT NULL CHECK ("count" >= 0));
CREATE TABLE "delivery_alarm" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "message" varchar(300) NOT NULL, "count" integer unsigned NOT NULL CHECK ("count" >= 0), "first_at" datetime NOT NULL, "last_at" datetime NOT NULL, "mailing_id" bigint NULL REFERENCES "delivery_mailing" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "alarm_once" UNIQUE ("mailing_id", "message"));
CREATE TABLE "delivery_pickclicks" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "pick" varchar(40) NOT NULL, "people" integer unsigned NOT NULL CHECK ("people" >= 0), "machines" integer unsigned NOT NULL CHECK ("machines" >= 0), "mailing_id" bigint NOT NULL REFERENCES "delivery_mailing" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "clicks_once_per_pick" UNIQUE ("mailing_id", "pick"));
CREATE TABLE "delivery_pace" ("name" varchar(20) NOT NULL PRIMARY KEY);
CREATE TABLE "delivery_directory" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "first_id" bigint NOT NULL, "last_id" bigint NOT NULL, "format" smallint unsigned NOT NULL CHECK ("format" >= 0), "places" BLOB NOT NULL, "mailing_id" bigint NOT NULL REFERENCES "delivery_mailing" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "delivery_pull" ("provider" varchar(20) NOT NULL PRIMARY KEY, "pulled_until" datetime NULL, "next_at" datetime NOT NULL, "error" varchar(300) NOT NULL);
CREATE TABLE "delivery_batch" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "number" integer unsigned NOT NULL CHECK ("number" >= 0), "key" varchar(12) NOT NULL UNIQUE, "wave" smallint unsigned NOT NULL CHECK ("wave" >= 0), "variant" varchar(20) NOT NULL, "language" varchar(16) NOT NULL, "tracking" bool NOT NULL, "format" smallint unsigned NOT NULL CHECK ("format" >= 0), "members" BLOB NOT NULL, "outcomes" BLOB NOT NULL, "size" integer unsigned NOT NULL CHECK ("size" >= 0), "first_id" bigint NOT NULL, "last_id" bigint NOT NULL, "state" varchar(10) NOT NULL, "attempt" integer unsigned NOT NULL CHECK ("attempt" >= 0), "attempt_key" varchar(12) NOT NULL, "lease_owner" varchar(80) NOT NULL, "lease_until" datetime NULL, "due_at" datetime NOT NULL, "handed_over_at" datetime NULL, "provider_id" varchar(200) NOT NULL, "error" text NOT NULL, "version" integer unsigned NOT NULL CHECK ("version" >= 0), "mailing_id" bigint NOT NULL REFERENCES "delivery_mailing" ("id") DEFERRABLE INITIALLY DEFERRED, "repair" bool NOT NULL, "send_at" datetime NULL, "stratum" smallint unsigned DEFAULT 0 NOT NULL CHECK ("stratum" >= 0), "folded" integer unsigned DEFAULT 0 NOT NULL CHECK ("folded" >= 0), CONSTRAINT "batch_number_once" UNIQUE ("mailing_id", "number"));
CREATE TABLE "delivery_mailing" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "key" varchar(12) NOT NULL UNIQUE, "kind" varchar(10) NOT NULL, "provider" varchar(20) NOT NULL, "state" varchar(12) NOT NULL, "reason" varchar(300) NOT NULL, "due_at" datetime NOT NULL, "created_at" datetime NOT NULL, "created_by" varchar(254) NOT NULL, "frozen_at" datetime NULL, "frozen_through" bigint NOT NULL, "frozen_upto" bigint NULL, "started_at" datetime NULL, "finished_at" datetime NULL, "candidates" integer unsigned NOT NULL CHECK ("candidates" >= 0), "planned" integer unsigned NOT NULL CHECK ("planned" >= 0), "excluded" integer unsigned NOT NULL CHECK ("excluded" >= 0), "version" integer unsigned NOT NULL CHECK ("version" >= 0), "edition_id" bigint NOT NULL REFERENCES "curator_edition" ("id") DEFERRABLE INITIALLY DEFERRED, "list_id" bigint NOT NULL REFERENCES "subscribers_list" ("id") DEFERRABLE INITIALLY DEFERRED, "newsletter_id" bigint NOT NULL REFERENCES "catalog_newsletter" ("id") DEFERRABLE INITIALLY DEFERRED, "occurrence_id" bigint NULL UNIQUE REFERENCES "scheduler_occurrence" ("id") DEFERRABLE INITIALLY DEFERRED, "snapshot_id" bigint NOT NULL REFERENCES "curator_snapshot" ("id") DEFERRABLE INITIALLY DEFERRED, "begins_at" datetime NULL, "cancel_id" varchar(100) DEFAULT '' NOT NULL, "recall" varchar(8) DEFAULT '' NOT NULL, "recalled_at" datetime NULL, "suppressed_upto" bigint NOT NULL, "ordinal" integer unsigned DEFAULT 0 NOT NULL CHECK ("ordinal" >= 0));
CREATE TABLE "jobs_pulse" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(80) NOT NULL UNIQUE, "kind" varchar(20) NOT NULL, "started_at" datetime NOT NULL, "beat_at" datetime NOT NULL, "note" varchar(300) NOT NULL);
CREATE TABLE "otp_static_statictoken" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "token" varchar(16) NOT NULL, "device_id" integer NOT NULL REFERENCES "otp_static_staticdevice" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "otp_static_staticdevice" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(64) NOT NULL, "confirmed" bool NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "throttling_failure_count" integer unsigned NOT NULL CHECK ("throttling_failure_count" >= 0), "throttling_failure_timestamp" datetime NULL, "created_at" datetime NULL, "last_used_at" datetime NULL);
CREATE TABLE "otp_totp_totpdevice" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(64) NOT NULL, "confirmed" bool NOT NULL, "key" varchar(80) NOT NULL, "step" smallint unsigned NOT NULL CHECK ("step" >= 0), "t0" bigint NOT NULL, "digits" smallint unsigned NOT NULL CHECK ("digits" >= 0), "tolerance" smallint unsigned NOT NULL CHECK ("tolerance" >= 0), "drift" smallint NOT NULL, "last_t" bigint NOT NULL, "user_id" bigint NOT NULL REFERENCES "accounts_user" ("id") DEFERRABLE INITIALLY DEFERRED, "throttling_failure_count" integer unsigned NOT NULL CHECK ("throttling_failure_count" >= 0), "throttling_failure_timestamp" datetime NULL, "created_at" datetime NULL, "last_used_at" datetime NULL);
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE TABLE "subscribers_engagement" ("subscription_id" bigint NOT NULL PRIMARY KEY REFERENCES "subscribers_subscription" ("id") DEFERRABLE INITIALLY DEFERRED, "newest" integer unsigned NOT NULL CHECK ("newest" >= 0), "opened" bigint NOT NULL, "clicked" bigint NOT NULL, "last_opened_at" datetime NULL, "last_clicked_at" datetime NULL, "as_of" datetime NOT NULL);
CREATE TABLE "subscribers_attempt" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "at" datetime NOT NULL, "address" varchar(320) NOT NULL, "lists" varchar(500) NOT NULL, "origin" varchar(500) NOT NULL, "network" char(39) NULL, "verdict" varchar(20) NOT NULL);
CREATE TABLE "subscribers_attribute" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "slug" varchar(60) NOT NULL UNIQUE, "name" varchar(100) NOT NULL, "kind" varchar(8) NOT NULL, "choices" text NOT NULL CHECK ((JSON_VALID("choices") OR "choices" IS NULL)), "created_at" datetime NOT NULL);
CREATE TABLE "subscribers_domainrule" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "domain" varchar(255) NOT NULL UNIQUE, "verdict" varchar(5) NOT NULL, "created_at" datetime NOT NULL);
CREATE TABLE "subscribers_erasure" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "subscriber_id" bigint NOT NULL, "addresses" text NOT NULL CHECK ((JSON_VALID("addresses") OR "addresses" IS NULL)), "at" datetime NOT NULL, "by" varchar(254) NOT NULL, "done_at" datetime NULL);
CREATE TABLE "subscribers_pepper" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "value" BLOB NOT NULL, "created_at" datetime NOT NULL);
CREATE TABLE "subscribers_segment" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "slug" varchar(60) NOT NULL UNIQUE, "name" varchar(120) NOT NULL, "definition" text NOT NULL CHECK ((JSON_VALID("definition") OR "definition" IS NULL)), "created_at" datetime NOT NULL, "changed_at" datetime NOT NULL, "changed_by" varchar(254) NOT NULL);
CREATE TABLE "subscribers_tag" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(60) NOT NULL UNIQUE);
CREATE TABLE "subscribers_list" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "slug" varchar(60) NOT NULL UNIQUE, "name" varchar(120) NOT NULL, "description" text NOT NULL, "language" varchar(16) NOT NULL, "double_opt_in" bool NOT NULL, "public" bool NOT NULL, "created_at" datetime NOT NULL, "engagement_as_of" datetime NULL, "newest_edition" integer unsigned DEFAULT 0 NOT NULL CHECK ("newest_edition" >= 0), "weekly_day" smallint unsigned DEFAULT 5 NOT NULL CHECK ("weekly_day" >= 0));
CREATE TABLE "subscribers_subscriber" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "address" varchar(320) NOT NULL, "address_key" varchar(320) NOT NULL UNIQUE, "first_name" varchar(100) NOT NULL, "last_name" varchar(100) NOT NULL, "language" varchar(16) NOT NULL, "zone" varchar(64) NOT NULL, "source" varchar(200) NOT NULL, "created_at" datetime NOT NULL, "soft_bounces" smallint unsigned NOT NULL CHECK ("soft_bounces" >= 0), "tracked" bool DEFAULT 1 NOT NULL, "attributes" text DEFAULT '{}' NOT NULL CHECK ((JSON_VALID("attributes") OR "attributes" IS NULL)), "tier" varchar(8) DEFAULT 'free' NOT NULL);
CREATE TABLE "subscribers_owedmail" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "kind" varchar(20) NOT NULL, "state" varchar(8) NOT NULL, "created_at" datetime NOT NULL, "due_at" datetime NOT NULL, "attempts" smallint unsigned NOT NULL CHECK ("attempts" >= 0), "lease_until" datetime NULL, "done_at" datetime NULL, "error" text NOT NULL, "list_id" bigint NULL REFERENCES "subscribers_list" ("id") DEFERRABLE INITIALLY DEFERRED, "about" bigint DEFAULT 0 NOT NULL, "to_address" varchar(320) DEFAULT '' NOT NULL, "subscriber_id" bigint NULL REFERENCES "subscribers_subscriber" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "subscribers_addresswish" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "address" varchar(320) NOT NULL, "asked_at" datetime NOT NULL, "done_at" datetime NULL, "subscriber_id" bigint NOT NULL REFERENCES "subscribers_subscriber" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "subscribers_import" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(200) NOT NULL, "sha256" varchar(64) NOT NULL, "size" bigint unsigned NOT NULL CHECK ("size" >= 0), "tool" varchar(20) NOT NULL, "options" text NOT NULL CHECK ((JSON_VALID("options") OR "options" IS NULL)), "state" varchar(8) NOT NULL, "by" varchar(254) NOT NULL, "created_at" datetime NOT NULL, "finished_at" datetime NULL, "owner" varchar(120) NOT NULL, "lease_until" datetime NULL, "merged_to" varchar(320) NOT NULL, "counts" text NOT NULL CHECK ((JSON_VALID("counts") OR "counts" IS NULL)), "people" bigint unsigned NOT NULL CHECK ("people" >= 0), "merged" bigint unsigned NOT NULL CHECK ("merged" >= 0), "bad" text NOT NULL CHECK ((JSON_VALID("bad") OR "bad" IS NULL)), "flags" text NOT NULL CHECK ((JSON_VALID("flags") OR "flags" IS NULL)), "error" text NOT NULL, "file_kept" bool NOT NULL, "list_id" bigint NOT NULL REFERENCES "subscribers_list" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "subscribers_importedchange" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "before" text NOT NULL CHECK ((JSON_VALID("before") OR "before" IS NULL)), "after" text NULL CHECK ((JSON_VALID("after") OR "after" IS NULL)), "run_id" bigint NOT NULL REFERENCES "subscribers_import" ("id") DEFERRABLE INITIALLY DEFERRED, "subscriber_id" bigint NOT NULL REFERENCES "subscribers_subscriber" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "subscribers_consent" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "state" varchar(12) NOT NULL, "at" datetime NOT NULL, "how" varchar(40) NOT NULL, "by" varchar(254) NOT NULL, "origin" varchar(500) NOT NULL, "words" text NOT NULL, "network" char(39) NULL, "list_id" bigint NULL REFERENCES "subscribers_list" ("id") DEFERRABLE INITIALLY DEFERRED, "subscriber_id" bigint NOT NULL REFERENCES "subscribers_subscriber" ("id") DEFERRABLE INITIALLY DEFERRED, "before" varchar(12) DEFAULT '' NOT NULL, "claimed_at" datetime NULL, "reason" varchar(300) DEFAULT '' NOT NULL, "run_id" bigint NULL);
CREATE TABLE "subscribers_subscription" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "state" varchar(12) NOT NULL, "since" datetime NOT NULL, "confirmed_at" datetime NULL, "source" varchar(200) NOT NULL, "subscriber_id" bigint NOT NULL REFERENCES "subscribers_subscriber" ("id") DEFERRABLE INITIALLY DEFERRED, "asked_at" datetime NULL, "frequency" varchar(8) DEFAULT 'every' NOT NULL, "paused_until" date NULL, "list_id" bigint NOT NULL REFERENCES "subscribers_list" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "once_per_list" UNIQUE ("list_id", "subscriber_id"));
CREATE TABLE "subscribers_tagged" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "subscriber_id" bigint NOT NULL REFERENCES "subscribers_subscriber" ("id") DEFERRABLE INITIALLY DEFERRED, "tag_id" bigint NOT NULL REFERENCES "subscribers_tag" ("id") DEFERRABLE INITIALLY DEFERRED, "run_id" bigint NULL, CONSTRAINT "tagged_once" UNIQUE ("tag_id", "subscriber_id"));
INSERT INTO django_migrations ("id", "app", "name", "applied") VALUES
(1, 'subscribers', '0001_initial', '2026-11-28 17:19:24.981352'),
(2, 'catalog', '0001_initial', '2026-11-28 17:19:25.044319'),
(3, 'accounts', '0001_initial', '2026-11-28 17:19:25.120792'),
(4, 'accounts', '0002_api_tokens', '2026-11-28 17:19:25.158649'),
(5, 'contenttypes', '0001_initial', '2026-11-28 17:19:25.168541'),
(6, 'contenttypes', '0002_remove_content_type_name', '2026-11-28 17:19:25.223834'),
(7, 'auth', '0001_initial', '2026-11-28 17:19:25.270529'),
(8, 'auth', '0002_alter_permission_name_max_length', '2026-11-28 17:19:25.296325'),
(9, 'auth', '0003_alter_user_email_max_length', '2026-11-28 17:19:25.305874'),
(10, 'auth', '0004_alter_user_username_opts', '2026-11-28 17:19:25.324641'),
(11, 'auth', '0005_alter_user_last_login_null', '2026-11-28 17:19:25.347335'),
(12, 'auth', '0006_require_contenttypes_0002', '2026-11-28 17:19:25.358860'),
(13, 'auth', '0007_alter_validators_add_error_messages', '2026-11-28 17:19:25.369300'),
(14, 'auth', '0008_alter_user_username_max_length', '2026-11-28 17:19:25.385515'),
(15, 'auth', '0009_alter_user_last_name_max_length', '2026-11-28 17:19:25.400679'),
(16, 'auth', '0010_alter_group_name_max_length', '2026-11-28 17:19:25.431328'),
(17, 'auth', '0011_update_proxy_permissions', '2026-11-28 17:19:25.470576'),
(18, 'auth', '0012_alter_user_first_name_max_length', '2026-11-28 17:19:25.490391'),
(19, 'axes', '0001_initial', '2026-11-28 17:19:25.500581'),
(20, 'axes', '0002_auto_20151217_2044', '2026-11-28 17:19:25.608374'),
(21, 'axes', '0003_auto_20160322_0929', '2026-11-28 17:19:25.655939'),
(22, 'axes', '0004_auto_20181024_1538', '2026-11-28 17:19:25.691686'),
(23, 'axes', '0005_remove_accessattempt_trusted', '2026-11-28 17:19:25.714886'),
(24, 'axes', '0006_remove_accesslog_trusted', '2026-11-28 17:19:25.726115'),
(25, 'axes', '0007_alter_accessattempt_unique_together', '2026-11-28 17:19:25.782210'),
(26, 'axes', '0008_accessfailurelog', '2026-11-28 17:19:25.814527'),
(27, 'axes', '0009_add_session_hash', '2026-11-28 17:19:25.831124'),
(28, 'axes', '0010_accessattemptexpiration', '2026-11-28 17:19:25.844756'),
(29, 'catalog', '0002_recall_and_pace', '2026-11-28 17:19:26.025902'),
(30, 'catalog', '0003_segment', '2026-11-28 17:19:26.065607'),
(31, 'catalog', '0004_sponsors_and_links', '2026-11-28 17:19:26.202756'),
(32, 'curator', '0001_initial', '2026-11-28 17:19:26.514420'),
(33, 'curator', '0002_engagement', '2026-11-28 17:19:26.626631'),
(34, 'curator', '0003_feeds_unchanged', '2026-11-28 17:19:26.653029'),
(35, 'curator', '0004_stories_rules_looks_corrections', '2026-11-28 17:19:28.393627'),
(36, 'curator', '0005_variants_boxes_links', '2026-11-28 17:19:28.706890'),
(37, 'scheduler', '0001_initial', '2026-11-28 17:19:28.930703'),
(38, 'delivery', '0001_initial', '2026-11-28 17:19:29.829941'),
(39, 'delivery', '0002_events', '2026-11-28 17:19:30.190719'),
(40, 'delivery', '0003_recall_and_strata', '2026-11-28 17:19:31.092818'),
(41, 'delivery', '0004_pulls', '2026-11-28 17:19:31.105362'),
(42, 'delivery', '0005_engagement', '2026-11-28 17:19:31.230586'),
(43, 'delivery', '0006_directory_of_former_mailings', '2026-11-28 17:19:31.311624'),
(44, 'jobs', '0001_initial', '2026-11-28 17:19:31.326725'),
(45, 'otp_static', '0001_initial', '2026-11-28 17:19:31.690710'),
(46, 'otp_static', '0002_throttling', '2026-11-28 17:19:31.727842'),
(47, 'otp_static', '0003_add_timestamps', '2026-11-28 17:19:31.772366'),
(48, 'otp_totp', '0001_initial', '2026-11-28 17:19:31.846861'),
(49, 'otp_totp', '0002_auto_20190420_0723', '2026-11-28 17:19:31.888468'),
(50, 'otp_totp', '0003_add_timestamps', '2026-11-28 17:19:31.965643'),
(51, 'sessions', '0001_initial', '2026-11-28 17:19:31.998714'),
(52, 'subscribers', '0002_events', '2026-11-28 17:19:32.088795'),
(53, 'subscribers', '0003_silent_and_untracked', '2026-11-28 17:19:32.192260'),
(54, 'subscribers', '0004_engagement', '2026-11-28 17:19:32.329654'),
(55, 'subscribers', '0005_people_and_imports', '2026-11-28 17:19:35.942946'),
(56, 'subscribers', '0006_fewer_indexes', '2026-11-28 17:19:36.741004');
INSERT INTO subscribers_suppression ("id", "address_key", "reason", "source", "created_at", "expires_at", "run_id") VALUES
(1, 'ida@example.com', 'bounced', 'provider', '2026-11-19 06:00:00', NULL, NULL),
(2, 'jan@example.com', 'complained', 'provider', '2026-11-19 06:00:00', NULL, NULL),
(3, 'kim@example.com', 'asked', 'desk', '2026-11-19 06:00:00', NULL, NULL),
(4, '@spam.example.net', 'asked', 'desk', '2026-11-19 06:00:00', '2099-01-01 00:00:00', NULL),
(5, '#a8db166bd884d253eaa9359e101cb3b0', 'erased', 'the reader', '2026-11-22 06:00:00', NULL, NULL),
(6, '#af13e74b8921a6a0fb8b249809601b7b', 'erased', 'the reader', '2026-11-23 06:00:00', NULL, NULL);
INSERT INTO subscribers_addresschange ("id", "address", "address_key", "since", "until", "changed_by", "subscriber_id") VALUES
(1, 'otto@example.com', 'otto@example.com', '2026-10-25 06:00:00', '2026-11-21 06:00:00', 'the reader', 15);
INSERT INTO subscribers_visit ("id", "bucket", "key", "at") VALUES
(1, 'sign-up', '031754bfe159a287c6f68f3e36ca2805c86c579389c2ca8c', '2026-11-23 06:00:00'),
(2, 'form', '80e38d827d67bd6f234e788ab93ac7f5ca050bfdc042ac9c', '2026-11-23 06:00:00'),
(3, 'mail-to', '89c8df0c30a74b224b6e3cd114d7fbde47c74c0a8b646a19', '2026-11-23 06:00:00'),
(4, 'mail-to', '2224ed178c2b22e299a7b8dbb45553ce15e8494f7884e43b', '2026-11-23 06:00:00'),
(5, 'mail-to', 'c5b9b2851a18ec8e748320dfae746e128669d9dc1565faf1', '2026-11-23 06:00:00'),
(6, 'which', 'f5f7664f63935a9379aeac7e6ec400d30e9d45f48fee3fef', '2026-11-23 06:00:00'),
(7, 'mail-to', '09cc37ffc45ffb967d68e5e5e71b0ffc79b81dc716207660', '2026-11-23 06:00:00');
INSERT INTO catalog_picture ("id", "sha256", "extension", "width", "height", "size", "source_url", "created_at") VALUES
(1, '7f704441a231546dc69b064c49352d585a8f9ecf224ca80eaf246fc7e6169382', 'jpg', 600, 400, 1953, 'https://echo.example.com/a.png', '2026-10-25 06:00:00'),
(2, '57a16286438c49383a27c5877fbca097b2587716dd50ec2b86d54a563c8cc875', 'jpg', 200, 40, 577, '', '2026-10-25 06:00:00');
INSERT INTO catalog_section ("id", "key", "title", "position", "quota", "newsletter_id") VALUES
(1, 'top', 'Top stories', 0, 4, 1),
(2, 'more', 'More news', 1, 4, 1),
(3, 'good', 'Good to know', 2, 4, 1),
(4, 'top', 'Top stories', 0, 4, 2),
(5, 'more', 'More news', 1, 4, 2),
(6, 'good', 'Good to know', 2, 4, 2);
INSERT INTO accounts_user ("id", "password", "last_login", "email", "name", "is_active", "created_at") VALUES
(1, 'pbkdf2_sha256$1000000$compatibility$rRf1vTnObIH+qNiV+Mila/tFxgNlMGd2tm3LbdgazCA=', NULL, 'admin@example.com', 'Admin', 1, '2026-10-25 06:00:00'),
(2, 'pbkdf2_sha256$1000000$compatibility$rRf1vTnObIH+qNiV+Mila/tFxgNlMGd2tm3LbdgazCA=', NULL, 'editor@example.com', 'Editor', 1, '2026-10-25 06:00:00'),
(3, 'pbkdf2_sha256$1000000$compatibility$rRf1vTnObIH+qNiV+Mila/tFxgNlMGd2tm3LbdgazCA=', NULL, 'author@example.com', 'Author', 1, '2026-10-25 06:00:00'),
(4, 'pbkdf2_sha256$1000000$compatibility$rRf1vTnObIH+qNiV+Mila/tFxgNlMGd2tm3LbdgazCA=', NULL, 'audience@example.com', 'Audience', 1, '2026-10-25 06:00:00'),
(5, 'pbkdf2_sha256$1000000$compatibility$rRf1vTnObIH+qNiV+Mila/tFxgNlMGd2tm3LbdgazCA=', NULL, 'viewer@example.com', 'Viewer', 1, '2026-10-25 06:00:00');
INSERT INTO accounts_auditentry ("id", "at", "actor_name", "verb", "target", "detail", "actor_id", "newsletter_id") VALUES
(1, '2026-11-23 06:00:00', 'admin@example.com', 'added feed', 'The Paper', 'd', 1, NULL),
(2, '2026-11-23 06:00:00', 'admin@example.com', 'approved', 'edition 1', 'd', 1, 1),
(3, '2026-11-23 06:00:00', 'admin@example.com', 'sent', 'edition 1', 'd', 1, 1),
(4, '2026-11-23 06:00:00', 'admin@example.com', 'exported readers', 'morning', 'd', 1, NULL),
(5, '2026-11-23 06:00:00', 'command line', 'erased reader', 'reader 1', '', NULL, NULL);
INSERT INTO accounts_role ("id", "name", "newsletter_id", "user_id") VALUES
(1, 'admin', NULL, 1),
(2, 'editor', 1, 2),
(3, 'author', 1, 3),
(4, 'readers', NULL, 4),
(5, 'viewer', 1, 5);
INSERT INTO accounts_apitoken ("id", "name", "prefix", "digest", "created_at", "used_at", "user_id") VALUES
(1, 'content system', '4b194748', '849e2008f3f5c539e0922c2eb20ae556a07b858e0f1764a95ddfad01da5c4427', '2026-10-25 06:00:00', NULL, 1);
INSERT INTO django_content_type ("id", "app_label", "model") VALUES
(1, 'auth', 'permission'),
(2, 'auth', 'group'),
(3, 'contenttypes', 'contenttype'),
(4, 'sessions', 'session'),
(5, 'axes', 'accessattempt'),
(6, 'axes', 'accesslog'),
(7, 'axes', 'accessfailurelog'),
(8, 'axes', 'accessattemptexpiration'),
(9, 'otp_totp', 'totpdevice'),
(10, 'otp_static', 'staticdevice'),
(11, 'otp_static', 'statictoken'),
(12, 'accounts', 'user'),
(13, 'accounts', 'auditentry'),
(14, 'accounts', 'role'),
(15, 'accounts', 'apitoken'),
(16, 'subscribers', 'list'),
(17, 'subscribers', 'subscriber'),
(18, 'subscribers', 'suppression'),
(19, 'subscribers', 'owedmail'),
(20, 'subscribers', 'consent'),
(21, 'subscribers', 'addresschange'),
(22, 'subscribers', 'visit'),
(23, 'subscribers', 'subscription'),
(24, 'subscribers', 'engagement'),
(25, 'subscribers', 'addresswish'),
(26, 'subscribers', 'attempt'),
(27, 'subscribers', 'attribute'),
(28, 'subscribers', 'domainrule'),
(29, 'subscribers', 'erasure'),
(30, 'subscribers', 'import'),
(31, 'subscribers', 'importedchange'),
(32, 'subscribers', 'pepper'),
(33, 'subscribers', 'segment'),
(34, 'subscribers', 'tag'),
(35, 'subscribers', 'tagged'),
(36, 'catalog', 'picture'),
(37, 'catalog', 'newsletter'),
(38, 'catalog', 'section'),
(39, 'catalog', 'sponsor'),
(40, 'curator', 'source'),
(41, 'curator', 'article'),
(42, 'curator', 'edition'),
(43, 'curator', 'pick'),
(44, 'curator', 'snapshot'),
(45, 'curator', 'articlenote'),
(46, 'curator', 'articletag'),
(47, 'curator', 'correction'),
(48, 'curator', 'look'),
(49, 'curator', 'override'),
(50, 'curator', 'rule'),
(51, 'curator', 'story'),
(52, 'curator', 'linklook'),
(53, 'curator', 'box'),
(54, 'curator', 'snapshotvariant'),
(55, 'scheduler', 'schedule'),
(56, 'scheduler', 'occurrence'),
(57, 'scheduler', 'skip'),
(58, 'delivery', 'batch'),
(59, 'delivery', 'mailing'),
(60, 'delivery', 'incident'),
(61, 'delivery', 'exclusion'),
(62, 'delivery', 'applier'),
(63, 'delivery', 'post'),
(64, 'delivery', 'seenevent'),
(65, 'delivery', 'stray'),
(66, 'delivery', 'alarm'),
(67, 'delivery', 'pickclicks'),
(68, 'delivery', 'directory'),
(69, 'delivery', 'pace'),
(70, 'delivery', 'pull'),
(71, 'jobs', 'pulse');
INSERT INTO catalog_newsletter ("id", "slug", "name", "strap", "description", "state", "publication", "publication_url", "from_email", "from_name", "reply_to", "postal_address", "signed", "language", "zone", "template", "theme", "stories_wanted", "stories_least", "late_after_minutes", "click_tracking", "open_tracking", "created_at", "list_id", "logo_dark_id", "logo_light_id", "per_minute", "recall_minutes", "repair_after_minutes", "warm_up_first", "warm_up_from", "segment", "link_parameters", "test_addresses") VALUES
(1, 'morning', 'Morning Briefing', 'The day in ten minutes', 'What matters', 'live', 'The Upland Echo', 'https://echo.example.com', 'news@example.com', 'Morning Briefing', 'desk@example.com', '1 High Street, Upland', 'The desk', 'en', 'Europe/London', 'briefing', '{}', 6, 1, 30, 0, 0, '2026-10-25 06:00:00', 1, 2, 2, 0, 0, 0, 0, NULL, '', 'utm_source=morning&utm_campaign={date}', 'desk@example.com'),
(2, 'good-news', 'Good News', '', '', 'live', 'The Upland Echo', '', 'good@example.com', 'Good News', '', '1 High Street, Upland', '', 'de', 'Europe/Berlin', 'briefing', '{}', 12, 1, 30, 0, 0, '2026-10-25 06:00:00', 2, NULL, NULL, 0, 0, 0, 0, NULL, '', '', '');
INSERT INTO catalog_sponsor ("id", "label", "headline", "text", "url", "first", "last", "newsletter_id") VALUES
(1, 'Sponsored by Example Tea', 'A warm cup', 'Until Friday', 'https://tea.example.com', '2026-11-20', '2026-11-30', 1);
INSERT INTO curator_source ("id", "url", "title", "homepage", "active", "etag", "last_modified", "added_at", "fetched_at", "fresh_at", "next_at", "failures", "error", "body_digest") VALUES
(1, 'https://paper.example.org/feed.xml', 'The Paper', 'https://paper.example.org/', 1, '"abc"', 'Mon, 23 Nov 2026 06:00:00 GMT', '2026-10-25 06:00:00', '2026-11-23 06:00:00', '2026-11-23 06:00:00', '2026-11-25 06:00:00', 0, '', '0000000000000000000000000000000000000000000000000000000000000000'),
(2, 'https://broken.example.org/feed.xml', '', '', 1, '', '', '2026-10-25 06:00:00', '2026-11-23 06:00:00', NULL, '2026-11-25 06:00:00', 3, 'It did not answer.', '');
INSERT INTO curator_story ("id", "created_at") VALUES
(1, '2026-11-23 06:00:00'),
(2, '2026-11-23 06:00:00');
INSERT INTO curator_article ("id", "entry_key", "origin", "url", "canonical_url", "canonical_key", "title", "title_key", "dek", "text", "byline", "published_at", "language", "publisher", "biography", "image_url", "image_alt", "image_caption", "image_credit", "added_at", "picture_id", "source_id", "changed_by", "eligible_from", "eligible_until", "paywalled", "section", "standing", "version", "copy_of_id", "story_id") VALUES
(1, 'urn:1', 'feed', 'https://paper0.example.org/story/0', 'https://paper0.example.org/story/0', '773a416ad65a2d33df68965e5390df4ff9c4ef71742e513a9616ec0592689f9d', 'Railway reaches the mill after 2 quiet years', 'railway reaches the mill after 2 quiet years', 'Trains at last', 'The railway came up the valley road on Monday, and the council of mill voted to keep it there until the spring. Nobody had expected so many people to care about it, said the clerk.

A second meeting follows in March, when the cost of the railway is known and the bridge is open again.', 'Ann Example', '2026-11-22 06:00:00', 'en', 'The Paper', 'Ann writes.', 'https://paper.example.org/a.jpg', 'A train', 'The train', 'Ann Example', '2026-11-22 06:00:00', 1, 1, 'editor@example.com', NULL, NULL, 1, 'Local', 'new', 2, NULL, 1),
(2, '', 'page', 'https://paper1.example.org/story/1', 'https://paper1.example.org/story/1', '5fb665b09652c1a257fd08ebd625785f077d4a503281ed4985e615e40b53e43e', 'Orchard reaches the harbour after 3 quiet years', 'orchard reaches the harbour after 3 quiet years', '', 'The orchard came up the valley road on Monday, and the council of harbour voted to keep it there until the spring. Nobody had expected so many people to care about it, said the clerk.

A second meeting follows in March, when the cost of the orchard is known and the bridge is open again.', '', '2026-11-22 06:00:00', '', '', '', '', '', '', '', '2026-11-22 07:00:00', NULL, NULL, '', NULL, NULL, 0, '', 'new', 1, 1, 1),
(3, '', 'file', 'https://paper2.example.org/story/2', 'https://paper2.example.org/story/2', '2d6fbcc4b2214a92eff1bb297106aa038acd249f16914d7ca12862dd3effb5b5', 'Lantern reaches the upper town after 4 quiet years', 'lantern reaches the upper town after 4 quiet years', '', 'The lantern came up the valley road on Monday, and the council of upper town voted to keep it there until the spring. Nobody had expected so many people to care about it, said the clerk.

A second meeting follows in March, when the cost of the lantern is known and the bridge is open again.', '', NULL, '', '', '', '', '', '', '', '2026-11-22 08:00:00', NULL, NULL, '', NULL, NULL, 0, '', 'new', 1, 1, 1),
(4, '', 'pushed', 'https://paper0.example.org/story/3', 'https://paper0.example.org/story/3', '2907b559181c3e9cc5f2eeb21d20b5692ffd317b74fda0a9feb662b7c97b9b27', 'Harvest reaches the station after 5 quiet years', 'harvest reaches the station after 5 quiet years', '', 'The harvest came up the valley road on Monday, and the council of station voted to keep it there until the spring. Nobody had expected so many people to care about it, said the clerk.

A second meeting follows in March, when the cost of the harvest is known and the bridge is open again.', '', NULL, '', '', '', '', '', '', '', '2026-11-22 09:00:00', NULL, NULL, '', NULL, NULL, 0, '', 'new', 1, 1, 1),
(5, '', 'pasted', 'https://paper1.example.org/story/4', 'https://paper1.example.org/story/4', '3dd31bbd9e9daa27e5602e5a64b6e3de8a972af57c12d338db927e42344ed24c', 'Library reaches the castle after 6 quiet years', 'library reaches the castle after 6 quiet years', '', 'The library came up the valley road on Monday, and the council of castle voted to keep it there until the spring. Nobody had expected so many people to care about it, said the clerk.

A second meeting follows in March, when the cost of the library is known and the bridge is open again.', '', NULL, '', '', '', '', '', '', '', '2026-11-22 10:00:00', NULL, NULL, 'editor@example.com', NULL, NULL, 0, '', 'shortlisted', 2, 1, 1),
(6, '', 'pasted', 'https://paper2.example.org/story/5', 'https://paper2.example.org/story/5', '436a82a5daa203fb4a086f91abd4f441a2ebfdbf4d781262710f8fe23b78a13e', 'Museum reaches the square after 7 quiet years', 'museum reaches the square after 7 quiet years', '', 'The museum came up the valley road on Monday, and the council of square voted to keep it there until the spring. Nobody had expected so many people to care about it, said the clerk.

A second meeting follows in March, when the cost of the museum is known and the bridge is open again.', '', NULL, '', '', '', '', '', '', '', '2026-11-22 11:00:00', NULL, NULL, 'editor@example.com', NULL, NULL, 0, '', 'ignored', 2, 1, 1),
(7, '', 'pasted', 'https://paper0.example.org/story/6', 'https://paper0.example.org/story/6', '92664ea31af7aae92776fd31f374ef668a77bdead266038b6d2b6696c1d24c76', 'Ferry reaches the quarry after 8 quiet years', 'ferry reaches the quarry after 8 quiet years', '', 'The ferry came up the valley road on Monday, and the council of quarry voted to keep it there until the spring. Nobody had expected so many people to care about it, said the clerk.

A second meeting follows in March, when the cost of the ferry is known and the bridge is open again.', '', NULL, '', '', '', '', '', '', '', '2026-11-22 12:00:00', NULL, NULL, 'editor@example.com', '2026-11-24', '2026-12-24', 0, '', 'new', 2, 1, 1),
(8, '', 'pasted', 'https://paper1.example.org/story/7', 'https://paper1.example.org/story/7', '1a0b2ccfad6d793fa193a250642e54282f42d79bc2fbf628e5e1d6ac6378b0fe', 'Bakery reaches the school after 9 quiet years', 'bakery reaches the school after 9 quiet years', '', 'The bakery came up the valley road on Monday, and the council of school voted to keep it there until the spring. Nobody had expected so many people to care about it, said the clerk.

A second meeting follows in March, when the cost of the bakery is known and the bridge is open again.', '', NULL, '', '', '', '', '', '', '', '2026-11-22 13:00:00', NULL, NULL, '', NULL, NULL, 0, '', 'new', 1, 1, 1),
(9, '', 'pasted', 'https://paper2.example.org/story/8', 'https://paper2.example.org/story/8', '34e64f9a2e4477a103d63ce669b9fee8756ee5d4b160dddaced789c749260dfe', 'Choir reaches the old bridge after 10 quiet years', 'choir reaches the old bridge after 10 quiet years', '', 'The choir came up the valley road on Monday, and the council of old bridge voted to keep it there until the spring. Nobody had expected so many people to care about it, said the clerk.

A second meeting follows in March, when the cost of the choir is known and the bridge is open again.', '', NULL, '', '', '', '', '', '', '', '2026-11-22 14:00:00', NULL, NULL, '', NULL, NULL, 0, '', 'new', 1, 1, 2),
(10, '', 'pasted', 'https://paper0.example.org/story/9', 'https://paper0.example.org/story/9', '9f86e4434664c6c5fd3c6f06ca6c20e4a95461b6a5512be2b1c51b305dde6b2f', 'Theatre reaches the meadow after 11 quiet years', 'theatre reaches the meadow after 11 quiet years', '', 'The theatre came up the valley road on Monday, and the council of meadow voted to keep it there until the spring. Nobody had expected so many people to care about it, said the clerk.

A second meeting follows in March, when the cost of the theatre is known and the bridge is open again.', '', NULL, '', '', '', '', '', '', '', '2026-11-22 15:00:00', NULL, NULL, '', NULL, NULL, 0, '', 'new', 1, 9, 2);
INSERT INTO curator_snapshot ("id", "sha256", "subject", "preheader", "html", "text", "merge", "approved_at", "approved_by", "voided_at", "void_reason", "edition_id", "purpose") VALUES
(1, 'bab77548f276228466094f0683804ea4b4744b7531d403d7fdc99b4146287317', 'The railway reaches the mill', 'And two more', '<!DOCTYPE html><html><body><h1>The railway reaches the mill</h1><p>-nl_first_name_1h- -nl_token_3h- -nl_email_4h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Sunday 22 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

1. Railway reaches the mill after 2 quiet years
Trains at last. The railway came up the valley road on Monday, and the
council of mill voted to keep it there until the spring.
The Paper
https://paper0.example.org/story/0?utm_source=morning&utm_campaign=2026-11-22&nl=v89m67tq

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

ALSO TODAY
----------

* Lantern reaches the upper town after 4 quiet years
  https://paper2.example.org/story/2?utm_source=morning&utm_campaign=2026-11-22&nl=vj2g3av8

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
This was sent to -nl_email_6t-. You asked for Morning Briefing.

Change what we send you: https://news.example.com/p/-nl_token_5t-
Unsubscribe from Morning Briefing: https://news.example.com/u/-nl_token_5t-
View in browser: https://news.example.com/archive/morning/2026-11-22/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}, {"token": "-nl_token_3h-", "field": "token", "fallback": "", "html": true}, {"token": "-nl_email_4h-", "field": "email", "fallback": "", "html": true}, {"token": "-nl_token_5t-", "field": "token", "fallback": "", "html": false}, {"token": "-nl_email_6t-", "field": "email", "fallback": "", "html": false}]', '2026-11-22 06:00:00', 'editor@example.com', NULL, '', 1, 'edition'),
(2, '31c7576a30520d95acee56de5a0a0871f901367522eda63690b20f52d463dc44', 'Correction: The railway reaches the mill', 'The clerk is **Ann**, not Anna.', '<!DOCTYPE html><html><body><h1>Correction: The railway reaches the mill</h1><p>-nl_token_1h- -nl_email_2h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, 22 November
The day in ten minutes

In Morning Briefing of 22 November we got something wrong.

Ann

CORRECTIONS
-----------

The clerk is Ann, not Anna.

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
This was sent to -nl_email_4t-. You asked for Morning Briefing.

Change what we send you: https://news.example.com/p/-nl_token_3t-
Unsubscribe from Morning Briefing: https://news.example.com/u/-nl_token_3t-
View in browser: https://news.example.com/archive/morning/2026-11-22/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_token_1h-", "field": "token", "fallback": "", "html": true}, {"token": "-nl_email_2h-", "field": "email", "fallback": "", "html": true}, {"token": "-nl_token_3t-", "field": "token", "fallback": "", "html": false}, {"token": "-nl_email_4t-", "field": "email", "fallback": "", "html": false}]', '2026-11-23 06:00:00', 'editor@example.com', NULL, '', 1, 'correction'),
(3, '919fa2c5d7c445479522669f5463a220ea7caa437fe6a0e6f79fb8078eab3315', 'News of the 23 November', 'And two more', '<!DOCTYPE html><html><body><h1>News of the 23 November</h1><p>-nl_first_name_1h- -nl_token_3h- -nl_email_4h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Monday 23 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

1. Harvest reaches the station after 5 quiet years
The harvest came up the valley road on Monday, and the council of
station voted to keep it there until the spring.
https://paper0.example.org/story/3?utm_source=morning&utm_campaign=2026-11-23&nl=98x8ka8k

TOP STORIES
-----------

2. Library reaches the castle after 6 quiet years
The library came up the valley road on Monday, and the council of
castle voted to keep it there until the spring.
https://paper1.example.org/story/4?utm_source=morning&utm_campaign=2026-11-23&nl=z3dk385z

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

CORRECTIONS
-----------

22 November: The clerk is Ann, not Anna.

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
This was sent to -nl_email_6t-. You asked for Morning Briefing.

Change what we send you: https://news.example.com/p/-nl_token_5t-
Unsubscribe from Morning Briefing: https://news.example.com/u/-nl_token_5t-
View in browser: https://news.example.com/archive/morning/2026-11-23/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}, {"token": "-nl_token_3h-", "field": "token", "fallback": "", "html": true}, {"token": "-nl_email_4h-", "field": "email", "fallback": "", "html": true}, {"token": "-nl_token_5t-", "field": "token", "fallback": "", "html": false}, {"token": "-nl_email_6t-", "field": "email", "fallback": "", "html": false}]', '2026-11-23 06:00:00', 'editor@example.com', NULL, '', 2, 'edition'),
(4, '36834a65c684ad53867ed5f4016b0111ee266083af37f41a658c644023d944af', 'News of the 21 November', 'And two more', '<!DOCTYPE html><html><body><h1>News of the 21 November</h1><p>-nl_first_name_1h- -nl_token_3h- -nl_email_4h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Saturday 21 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

1. Ferry reaches the quarry after 8 quiet years
The ferry came up the valley road on Monday, and the council of quarry
voted to keep it there until the spring.
https://paper0.example.org/story/6?utm_source=morning&utm_campaign=2026-11-21&nl=kefnu4b9

TOP STORIES
-----------

2. Bakery reaches the school after 9 quiet years
The bakery came up the valley road on Monday, and the council of
school voted to keep it there until the spring.
https://paper1.example.org/story/7?utm_source=morning&utm_campaign=2026-11-21&nl=h3x2e3g4

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
This was sent to -nl_email_6t-. You asked for Morning Briefing.

Change what we send you: https://news.example.com/p/-nl_token_5t-
Unsubscribe from Morning Briefing: https://news.example.com/u/-nl_token_5t-
View in browser: https://news.example.com/archive/morning/2026-11-21/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}, {"token": "-nl_token_3h-", "field": "token", "fallback": "", "html": true}, {"token": "-nl_email_4h-", "field": "email", "fallback": "", "html": true}, {"token": "-nl_token_5t-", "field": "token", "fallback": "", "html": false}, {"token": "-nl_email_6t-", "field": "email", "fallback": "", "html": false}]', '2026-11-23 06:00:00', 'editor@example.com', NULL, '', 3, 'edition'),
(5, 'f39ce3e8def64a8bab8605a3a31521166cb586e224b8b1ec269cb92117424b90', 'News of the 25 November', 'And two more', '<!DOCTYPE html><html><body><h1>News of the 25 November</h1><p>-nl_first_name_1h- -nl_token_3h- -nl_email_4h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Wednesday 25 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

1. Museum reaches the square after 7 quiet years
The museum came up the valley road on Monday, and the council of
square voted to keep it there until the spring.
https://paper2.example.org/story/5?utm_source=morning&utm_campaign=2026-11-25&nl=zb9adyhk

TOP STORIES
-----------

2. Choir reaches the old bridge after 10 quiet years
The choir came up the valley road on Monday, and the council of old
bridge voted to keep it there until the spring.
https://paper2.example.org/story/8?utm_source=morning&utm_campaign=2026-11-25&nl=5667sz9g

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
This was sent to -nl_email_6t-. You asked for Morning Briefing.

Change what we send you: https://news.example.com/p/-nl_token_5t-
Unsubscribe from Morning Briefing: https://news.example.com/u/-nl_token_5t-
View in browser: https://news.example.com/archive/morning/2026-11-25/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}, {"token": "-nl_token_3h-", "field": "token", "fallback": "", "html": true}, {"token": "-nl_email_4h-", "field": "email", "fallback": "", "html": true}, {"token": "-nl_token_5t-", "field": "token", "fallback": "", "html": false}, {"token": "-nl_email_6t-", "field": "email", "fallback": "", "html": false}]', '2026-11-24 06:00:00', 'editor@example.com', NULL, '', 4, 'edition'),
(6, '7d68b2aa1e77a12a262a52284f63f5ca9d747aa0035c8c198669f97aefa97f2a', 'News of the 26 November', 'And two more', '<!DOCTYPE html><html><body><h1>News of the 26 November</h1><p>-nl_first_name_1h- -nl_token_3h- -nl_email_4h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Thursday 26 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

1. Theatre reaches the meadow after 11 quiet years
The theatre came up the valley road on Monday, and the council of
meadow voted to keep it there until the spring.
https://paper0.example.org/story/9?utm_source=morning&utm_campaign=2026-11-26&nl=bqbd8v2y

TOP STORIES
-----------

2. Bakery reaches the school after 9 quiet years
The bakery came up the valley road on Monday, and the council of
school voted to keep it there until the spring.
https://paper1.example.org/story/7?utm_source=morning&utm_campaign=2026-11-26&nl=cb9dnt9j

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
This was sent to -nl_email_6t-. You asked for Morning Briefing.

Change what we send you: https://news.example.com/p/-nl_token_5t-
Unsubscribe from Morning Briefing: https://news.example.com/u/-nl_token_5t-
View in browser: https://news.example.com/archive/morning/2026-11-26/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}, {"token": "-nl_token_3h-", "field": "token", "fallback": "", "html": true}, {"token": "-nl_email_4h-", "field": "email", "fallback": "", "html": true}, {"token": "-nl_token_5t-", "field": "token", "fallback": "", "html": false}, {"token": "-nl_email_6t-", "field": "email", "fallback": "", "html": false}]', '2026-11-24 06:00:00', 'editor@example.com', NULL, '', 5, 'edition');
INSERT INTO curator_articlenote ("id", "text", "by", "at", "article_id") VALUES
(1, 'Ask the clerk', 'editor@example.com', '2026-11-23 06:00:00', 1);
INSERT INTO curator_correction ("id", "text", "by", "at", "carried_in_id", "edition_id", "pick_id") VALUES
(1, 'The clerk is **Ann**, not Anna.', 'editor@example.com', '2026-11-23 06:00:00', 2, 1, 1);
INSERT INTO curator_look ("id", "state", "detail", "page_title", "page_address", "looked_at", "next_at", "failures", "etag", "last_modified", "seen", "pick_id") VALUES
(1, 'changed', 'A new headline', 'An old headline', 'https://paper.example.org/x', '2026-11-24 06:00:00', '2026-11-25 06:00:00', 0, 'e', 'm', '', 12),
(2, 'same', 'A new headline', 'An old headline', 'https://paper.example.org/x', '2026-11-24 06:00:00', '2026-11-25 06:00:00', 0, 'e', 'm', '', 13);
INSERT INTO curator_articletag ("id", "name", "article_id") VALUES
(1, 'local', 1),
(2, 'railway', 1);
INSERT INTO curator_override ("id", "code", "where", "reason", "by", "at", "edition_id") VALUES
(1, 'link-gone', 'intro', 'It comes back on Monday', 'editor@example.com', '2026-11-24 06:00:00', 6);
INSERT INTO curator_rule ("id", "effect", "phrase", "section", "by", "at", "newsletter_id", "source_id") VALUES
(1, 'boost', '', '', 'editor@example.com', '2026-10-25 06:00:00', 1, 1),
(2, 'mute', 'horoscope', '', 'editor@example.com', '2026-10-25 06:00:00', 1, NULL),
(3, 'must', 'railway', '', 'editor@example.com', '2026-10-25 06:00:00', 1, NULL);
INSERT INTO curator_linklook ("id", "key", "url", "state", "detail", "failures", "looked_at", "next_at", "wanted_until") VALUES
(1, 'd85f7e975569ac6c63f44c4c9bc5e5e171fd4a05f106a999ddb9445f51f69813', 'https://echo.example.com/more', 'gone', '404', 1, '2026-11-24 06:00:00', '2026-11-25 06:00:00', '2099-01-01');
INSERT INTO curator_edition ("id", "date", "state", "reason", "subject", "preheader", "intro", "signed", "version", "created_at", "changed_at", "newsletter_id", "second_subject") VALUES
(1, '2026-11-22', 'sent', '', 'The railway reaches the mill', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 9, '2026-11-22 06:00:00', '2026-11-22 06:00:00', 1, 'Or: trains at last'),
(2, '2026-11-23', 'handed_over', '', 'News of the 23 November', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 4, '2026-11-22 06:00:00', '2026-11-23 06:00:00', 1, ''),
(3, '2026-11-21', 'handed_over', '', 'News of the 21 November', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 4, '2026-11-22 06:00:00', '2026-11-23 06:00:00', 1, ''),
(4, '2026-11-25', 'approved', '', 'News of the 25 November', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 4, '2026-11-22 06:00:00', '2026-11-24 06:00:00', 1, ''),
(5, '2026-11-26', 'approved', '', 'News of the 26 November', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 4, '2026-11-22 06:00:00', '2026-11-24 06:00:00', 1, ''),
(6, '2026-11-24', 'open', '', '', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 5, '2026-11-22 06:00:00', '2026-11-24 06:00:00', 1, ''),
(7, '2026-11-27', 'locked', '', 'News of the 27 November', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 3, '2026-11-22 06:00:00', '2026-11-24 06:00:00', 1, ''),
(8, '2026-11-28', 'in_review', '', 'News of the 28 November', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 3, '2026-11-22 06:00:00', '2026-11-24 06:00:00', 1, ''),
(9, '2026-11-29', 'skipped', 'A holiday (editor@example.com)', 'News of the 29 November', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 3, '2026-11-22 06:00:00', '2026-11-24 06:00:00', 1, ''),
(10, '2026-12-01', 'held', 'Nobody approved it', 'News of the 01 December', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 3, '2026-11-22 06:00:00', '2026-11-24 06:00:00', 1, ''),
(11, '2026-12-02', 'missed', 'The machine was off', 'News of the 02 December', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 3, '2026-11-22 06:00:00', '2026-11-24 06:00:00', 1, ''),
(12, '2026-11-28', 'open', '', 'Gute Nachrichten', 'And two more', 'Good morning, {{ first_name | reader }}. Read [this](https://echo.example.com/more).', 'Ann', 4, '2026-11-22 06:00:00', '2026-11-22 06:00:00', 2, '');
INSERT INTO curator_pick ("id", "key", "section", "position", "size", "headline", "blurb", "label", "url", "publisher", "byline", "minutes", "image_alt", "image_caption", "image_credit", "article_id", "edition_id", "picture_id", "clicks", "clicks_as_of", "machine_clicks", "again_reason", "because", "plain_link", "shown_to") VALUES
(1, 'v89m67tq', 'top', 1, 'l', 'Railway reaches the mill after 2 quiet years', 'Trains at last. The railway came up the valley road on Monday, and the council of mill voted to keep it there until the spring.', '', 'https://paper0.example.org/story/0', 'The Paper', 'Ann Example', 0, 'A train', 'The train', 'Ann Example', 1, 1, 1, 0, NULL, 0, '', '', 0, ''),
(2, 'ku94qhs4', 'top', 2, 'm', 'Orchard reaches the harbour after 3 quiet years', 'The orchard came up the valley road on Monday, and the council of harbour voted to keep it there until the spring.', '', 'https://paper1.example.org/story/1', '', '', 0, '', '', '', 2, 1, NULL, 0, NULL, 0, '', '', 0, 'members'),
(3, 'vj2g3av8', 'top', 3, 'a', 'Lantern reaches the upper town after 4 quiet years', 'A *short* blurb', 'Local', 'https://paper2.example.org/story/2', '', '', 0, '', '', '', 3, 1, NULL, 0, NULL, 0, '', '', 0, ''),
(4, '98x8ka8k', 'top', 1, 'l', 'Harvest reaches the station after 5 quiet years', 'The harvest came up the valley road on Monday, and the council of station voted to keep it there until the spring.', '', 'https://paper0.example.org/story/3', '', '', 0, '', '', '', 4, 2, NULL, 0, NULL, 0, 'same story ran Sun 22 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(5, 'z3dk385z', 'top', 2, 'm', 'Library reaches the castle after 6 quiet years', 'The library came up the valley road on Monday, and the council of castle voted to keep it there until the spring.', '', 'https://paper1.example.org/story/4', '', '', 0, '', '', '', 5, 2, NULL, 0, NULL, 0, 'same story ran Sun 22 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(6, 'kefnu4b9', 'top', 1, 'l', 'Ferry reaches the quarry after 8 quiet years', 'The ferry came up the valley road on Monday, and the council of quarry voted to keep it there until the spring.', '', 'https://paper0.example.org/story/6', '', '', 0, '', '', '', 7, 3, NULL, 0, NULL, 0, 'same story ran Mon 23 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(7, 'h3x2e3g4', 'top', 2, 'm', 'Bakery reaches the school after 9 quiet years', 'The bakery came up the valley road on Monday, and the council of school voted to keep it there until the spring.', '', 'https://paper1.example.org/story/7', '', '', 0, '', '', '', 8, 3, NULL, 0, NULL, 0, 'same story ran Mon 23 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(8, 'zb9adyhk', 'top', 1, 'l', 'Museum reaches the square after 7 quiet years', 'The museum came up the valley road on Monday, and the council of square voted to keep it there until the spring.', '', 'https://paper2.example.org/story/5', '', '', 0, '', '', '', 6, 4, NULL, 0, NULL, 0, 'same story ran Mon 23 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(9, '5667sz9g', 'top', 2, 'm', 'Choir reaches the old bridge after 10 quiet years', 'The choir came up the valley road on Monday, and the council of old bridge voted to keep it there until the spring.', '', 'https://paper2.example.org/story/8', '', '', 0, '', '', '', 9, 4, NULL, 0, NULL, 0, '', '', 0, ''),
(10, 'bqbd8v2y', 'top', 1, 'l', 'Theatre reaches the meadow after 11 quiet years', 'The theatre came up the valley road on Monday, and the council of meadow voted to keep it there until the spring.', '', 'https://paper0.example.org/story/9', '', '', 0, '', '', '', 10, 5, NULL, 0, NULL, 0, 'same story ran Wed 25 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(11, 'cb9dnt9j', 'top', 2, 'm', 'Bakery reaches the school after 9 quiet years', 'The bakery came up the valley road on Monday, and the council of school voted to keep it there until the spring.', '', 'https://paper1.example.org/story/7', '', '', 0, '', '', '', 8, 5, NULL, 0, NULL, 0, 'ran Sat 21 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(12, 'ubn7dnfx', 'top', 1, 'l', 'Bakery reaches the school after 9 quiet years', 'The bakery came up the valley road on Monday, and the council of school voted to keep it there until the spring.', '', 'https://paper1.example.org/story/7', '', '', 0, 'A train', 'The train', 'Ann', 8, 6, 1, 3, '2026-11-24 06:00:00', 1, 'ran Thu 26 Nov in Morning Briefing: It is good (editor@example.com)', 'Fresh, and from a source you boost', 0, 'segment:vip'),
(13, '3je3b8ay', 'top', 2, 'm', 'Choir reaches the old bridge after 10 quiet years', 'The choir came up the valley road on Monday, and the council of old bridge voted to keep it there until the spring.', '', 'https://paper2.example.org/story/8', '', '', 0, '', '', '', 9, 6, NULL, 0, NULL, 0, 'ran Wed 25 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(14, 'x6adqf98', 'top', 1, 'l', 'Library reaches the castle after 6 quiet years', 'The library came up the valley road on Monday, and the council of castle voted to keep it there until the spring.', '', 'https://paper1.example.org/story/4', '', '', 0, '', '', '', 5, 7, NULL, 0, NULL, 0, 'ran Mon 23 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(15, 'nn929tnw', 'top', 1, 'l', 'Library reaches the castle after 6 quiet years', 'The library came up the valley road on Monday, and the council of castle voted to keep it there until the spring.', '', 'https://paper1.example.org/story/4', '', '', 0, '', '', '', 5, 8, NULL, 0, NULL, 0, 'ran Fri 27 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(16, 'xrawjh43', 'top', 1, 'l', 'Library reaches the castle after 6 quiet years', 'The library came up the valley road on Monday, and the council of castle voted to keep it there until the spring.', '', 'https://paper1.example.org/story/4', '', '', 0, '', '', '', 5, 9, NULL, 0, NULL, 0, 'ran Sat 28 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(17, 'qc8qwcpv', 'top', 1, 'l', 'Library reaches the castle after 6 quiet years', 'The library came up the valley road on Monday, and the council of castle voted to keep it there until the spring.', '', 'https://paper1.example.org/story/4', '', '', 0, '', '', '', 5, 10, NULL, 0, NULL, 0, 'ran Sat 28 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(18, '2js4p8jh', 'top', 1, 'l', 'Library reaches the castle after 6 quiet years', 'The library came up the valley road on Monday, and the council of castle voted to keep it there until the spring.', '', 'https://paper1.example.org/story/4', '', '', 0, '', '', '', 5, 11, NULL, 0, NULL, 0, 'ran Tue 1 Dec in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(19, 'w2vhqbbc', 'top', 1, 'l', 'Railway reaches the mill after 2 quiet years', 'Trains at last. The railway came up the valley road on Monday, and the council of mill voted to keep it there until the spring.', '', 'https://paper0.example.org/story/0', 'The Paper', 'Ann Example', 0, 'A train', 'The train', 'Ann Example', 1, 12, 1, 0, NULL, 0, 'ran Sun 22 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, ''),
(20, 'sr35kb22', 'top', 2, 'm', 'Orchard reaches the harbour after 3 quiet years', 'The orchard came up the valley road on Monday, and the council of harbour voted to keep it there until the spring.', '', 'https://paper1.example.org/story/1', '', '', 0, '', '', '', 2, 12, NULL, 0, NULL, 0, 'ran Sun 22 Nov in Morning Briefing: It is good (editor@example.com)', '', 0, '');
INSERT INTO curator_box ("id", "place", "title", "text", "shown_to", "edition_id") VALUES
(1, 'top', 'To members', 'Thank **you**.', 'members', 1),
(2, 'end', 'For the web', 'Hello, web.', 'web', 6);
INSERT INTO curator_snapshotvariant ("id", "code", "audiences", "second_subject", "sha256", "subject", "preheader", "html", "text", "merge", "snapshot_id") VALUES
(1, 'a', '["members"]', 0, '02237bb1aa69fd110bdd77c16430aed667c44ac77f81087df74ff6ab7d9278cf', 'The railway reaches the mill', 'And two more', '<!DOCTYPE html><html><body><h1>The railway reaches the mill</h1><p>-nl_first_name_1h- -nl_token_3h- -nl_email_4h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Sunday 22 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

[For members]
To members

Thank you.

1. Railway reaches the mill after 2 quiet years
Trains at last. The railway came up the valley road on Monday, and the
council of mill voted to keep it there until the spring.
The Paper
https://paper0.example.org/story/0?utm_source=morning&utm_campaign=2026-11-22&nl=v89m67tq

TOP STORIES
-----------

2. Orchard reaches the harbour after 3 quiet years
The orchard came up the valley road on Monday, and the council of
harbour voted to keep it there until the spring.
https://paper1.example.org/story/1?utm_source=morning&utm_campaign=2026-11-22&nl=ku94qhs4

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

ALSO TODAY
----------

* Lantern reaches the upper town after 4 quiet years
  https://paper2.example.org/story/2?utm_source=morning&utm_campaign=2026-11-22&nl=vj2g3av8

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
This was sent to -nl_email_6t-. You asked for Morning Briefing.

Change what we send you: https://news.example.com/p/-nl_token_5t-
Unsubscribe from Morning Briefing: https://news.example.com/u/-nl_token_5t-
View in browser: https://news.example.com/archive/morning/2026-11-22/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}, {"token": "-nl_token_3h-", "field": "token", "fallback": "", "html": true}, {"token": "-nl_email_4h-", "field": "email", "fallback": "", "html": true}, {"token": "-nl_token_5t-", "field": "token", "fallback": "", "html": false}, {"token": "-nl_email_6t-", "field": "email", "fallback": "", "html": false}]', 1),
(2, '2', '[]', 1, '046f22af73a4c559f68d723128301bc80c96b8f9d09b3434971102cfa4d5bb72', 'Or: trains at last', 'And two more', '<!DOCTYPE html><html><body><h1>Or: trains at last</h1><p>-nl_first_name_1h- -nl_token_3h- -nl_email_4h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Sunday 22 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

1. Railway reaches the mill after 2 quiet years
Trains at last. The railway came up the valley road on Monday, and the
council of mill voted to keep it there until the spring.
The Paper
https://paper0.example.org/story/0?utm_source=morning&utm_campaign=2026-11-22&nl=v89m67tq

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

ALSO TODAY
----------

* Lantern reaches the upper town after 4 quiet years
  https://paper2.example.org/story/2?utm_source=morning&utm_campaign=2026-11-22&nl=vj2g3av8

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
This was sent to -nl_email_6t-. You asked for Morning Briefing.

Change what we send you: https://news.example.com/p/-nl_token_5t-
Unsubscribe from Morning Briefing: https://news.example.com/u/-nl_token_5t-
View in browser: https://news.example.com/archive/morning/2026-11-22/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}, {"token": "-nl_token_3h-", "field": "token", "fallback": "", "html": true}, {"token": "-nl_email_4h-", "field": "email", "fallback": "", "html": true}, {"token": "-nl_token_5t-", "field": "token", "fallback": "", "html": false}, {"token": "-nl_email_6t-", "field": "email", "fallback": "", "html": false}]', 1),
(3, '2a', '["members"]', 1, 'e94ae3f309d7b98585a55162e683fe8a1a92ca2a20bd870c1fa0f6dc6ec22b91', 'Or: trains at last', 'And two more', '<!DOCTYPE html><html><body><h1>Or: trains at last</h1><p>-nl_first_name_1h- -nl_token_3h- -nl_email_4h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Sunday 22 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

[For members]
To members

Thank you.

1. Railway reaches the mill after 2 quiet years
Trains at last. The railway came up the valley road on Monday, and the
council of mill voted to keep it there until the spring.
The Paper
https://paper0.example.org/story/0?utm_source=morning&utm_campaign=2026-11-22&nl=v89m67tq

TOP STORIES
-----------

2. Orchard reaches the harbour after 3 quiet years
The orchard came up the valley road on Monday, and the council of
harbour voted to keep it there until the spring.
https://paper1.example.org/story/1?utm_source=morning&utm_campaign=2026-11-22&nl=ku94qhs4

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

ALSO TODAY
----------

* Lantern reaches the upper town after 4 quiet years
  https://paper2.example.org/story/2?utm_source=morning&utm_campaign=2026-11-22&nl=vj2g3av8

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
This was sent to -nl_email_6t-. You asked for Morning Briefing.

Change what we send you: https://news.example.com/p/-nl_token_5t-
Unsubscribe from Morning Briefing: https://news.example.com/u/-nl_token_5t-
View in browser: https://news.example.com/archive/morning/2026-11-22/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}, {"token": "-nl_token_3h-", "field": "token", "fallback": "", "html": true}, {"token": "-nl_email_4h-", "field": "email", "fallback": "", "html": true}, {"token": "-nl_token_5t-", "field": "token", "fallback": "", "html": false}, {"token": "-nl_email_6t-", "field": "email", "fallback": "", "html": false}]', 1),
(4, 'web', '[]', 0, 'fc18c35ebcc1d5942fbfcc4a36597a0d480a7a8ef23d273b200cd7479bcf0352', 'The railway reaches the mill', 'And two more', '<!DOCTYPE html>
<html lang="en" dir="ltr" xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"><head><title>The railway reaches the mill</title><!--[if !mso]><!--><meta http-equiv="X-UA-Compatible" content="IE=edge"><!--<![endif]-->
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>#outlook a{padding: 0;}
body{margin: 0;padding: 0;-webkit-text-size-adjust: 100%;-ms-text-size-adjust: 100%;}
table,td{border-collapse: collapse;mso-table-lspace: 0pt;mso-table-rspace: 0pt;}
img{border: 0;height: auto;line-height: 100%;outline: none;text-decoration: none;-ms-interpolation-mode: bicubic;}
p{display: block;margin: 13px 0;}
</style>
<!--[if mso]>
<noscript>
<xml>
<o:OfficeDocumentSettings>
<o:AllowPNG/>
<o:PixelsPerInch>96</o:PixelsPerInch>
</o:OfficeDocumentSettings>
</xml>
</noscript>
<![endif]-->
<!--[if lte mso 11]>
<style type="text/css">
.mj-outlook-group-fix { width:100% !important; }
</style>
<![endif]-->
<style type="text/css">@media only screen and (min-width:600px) { .mj-column-per-100 { width:100% !important; max-width:100%; }  }</style>
<style data-premailer="ignore" media="screen and (min-width:600px)">.moz-text-html .mj-column-per-100 { width:100% !important; max-width:100%; } </style>
<style>:root{color-scheme:light dark;supported-color-schemes:light dark}
.pad,.story{word-break:break-word}
@media (max-width:599px){.pad{padding-left:20px!important;padding-right:20px!important}
.grid,.grid tbody,.grid tr,.grid td{display:block!important}
.num{float:left!important;width:34px!important;font-size:24px!important}
.story,.thumb{margin-left:34px!important}
.num-s{font-size:20px!important}
.lead{font-size:29px!important;line-height:35px!important}
.hed{font-size:21px!important;line-height:27px!important}
.pt .story{padding-bottom:10px!important;border-bottom:0!important}
.pt .thumb{width:auto!important;padding:0 0 22px!important}
.pt .thumb img{width:100%!important}
.intro p,.intro li{font-size:18px!important;line-height:28px!important}
.intro .kick{font-size:14px!important;line-height:20px!important}
.logo-l,.logo-d{width:260px!important}
.foot-l a,.share a{display:block!important;padding:11px 0!important;line-height:22px!important}
.hed a,.hed3 a,.spon-h a{display:block!important;padding:4px 0!important}
.ear-r a,.foot-a{display:inline-block!important;padding:12px 0!important}
.dot{display:none!important}
.also-i{padding:0!important}
.also-i a{display:block!important;padding:12px 0 0!important}
.also-i .meta-i{display:block!important;padding:0 0 12px!important}
}
@media (prefers-color-scheme:dark){body{background-color:#11171a!important}
.page{background-color:#11171a!important}
.sheet,.sheet table{background:#1a2226!important}
.box,.box table,.pic{background:#232d32!important}
.btn{background:#1d6985!important}
.lead,.lead a,.hed,.hed a,.hed3,.hed3 a,.also-i a,.sechead-h,.foot-l a,.foot-a,.logo,.logo-l,.logo-d,.mast-t,.intro h2,.intro h3{color:#f1ece2!important}
.dek,.dek3,.intro p,.intro li,.spon-t,.corr-t{color:#d6d3cb!important}
.meta,.meta-i,.cap,.pic,.sign,.ear-l,.ear-r a,.band-t,.spon-l,.share,.foot-t,.foot-b,.also-i{color:#a5acad!important}
.band-h,.lab,.dek a,.dek3 a,.intro a,.corr-t a,.spon-h a,.spon-t a,.share a{color:#8fc6dc!important}
.num,.num-l,.kick,.intro .kick,.corr-h{color:#f09a82!important}
.btn-a{color:#fdfbf7!important}
.story,.thumb,.also-i,.band{border-bottom-color:#3d494f!important}
.band,.sechead{border-top-color:#a5acad!important}
.corr{border-color:#f09a82!important}
.logo-l{display:none!important}
.logo-d{display:inline-block!important}
}
@media screen{[data-ogsb] .page{background-color:#11171a!important}
[data-ogsb] .sheet,[data-ogsb] .sheet table{background:#1a2226!important}
[data-ogsb] .box,[data-ogsb] .box table,[data-ogsb] .pic{background:#232d32!important}
[data-ogsb] .btn{background:#1d6985!important}
[data-ogsc] .lead,[data-ogsc] .lead a,[data-ogsc] .hed,[data-ogsc] .hed a,[data-ogsc] .hed3,[data-ogsc] .hed3 a,[data-ogsc] .also-i a,[data-ogsc] .sechead-h,[data-ogsc] .foot-l a,[data-ogsc] .foot-a,[data-ogsc] .logo,[data-ogsc] .logo-l,[data-ogsc] .logo-d,[data-ogsc] .mast-t,[data-ogsc] .intro h2,[data-ogsc] .intro h3{color:#f1ece2!important}
[data-ogsc] .dek,[data-ogsc] .dek3,[data-ogsc] .intro p,[data-ogsc] .intro li,[data-ogsc] .spon-t,[data-ogsc] .corr-t{color:#d6d3cb!important}
[data-ogsc] .meta,[data-ogsc] .meta-i,[data-ogsc] .cap,[data-ogsc] .pic,[data-ogsc] .sign,[data-ogsc] .ear-l,[data-ogsc] .ear-r a,[data-ogsc] .band-t,[data-ogsc] .spon-l,[data-ogsc] .share,[data-ogsc] .foot-t,[data-ogsc] .foot-b,[data-ogsc] .also-i{color:#a5acad!important}
[data-ogsc] .band-h,[data-ogsc] .lab,[data-ogsc] .dek a,[data-ogsc] .dek3 a,[data-ogsc] .intro a,[data-ogsc] .corr-t a,[data-ogsc] .spon-h a,[data-ogsc] .spon-t a,[data-ogsc] .share a{color:#8fc6dc!important}
[data-ogsc] .num,[data-ogsc] .num-l,[data-ogsc] .kick,[data-ogsc] .intro .kick,[data-ogsc] .corr-h{color:#f09a82!important}
[data-ogsc] .btn-a{color:#fdfbf7!important}
[data-ogsc] .story,[data-ogsc] .thumb,[data-ogsc] .also-i,[data-ogsc] .band{border-bottom-color:#3d494f!important}
[data-ogsc] .band,[data-ogsc] .sechead{border-top-color:#a5acad!important}
[data-ogsc] .corr{border-color:#f09a82!important}
[data-ogsc] .logo-l{display:none!important}
[data-ogsc] .logo-d{display:inline-block!important}
}
</style>
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><meta name="x-apple-disable-message-reformatting"><meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no"><!--[if mso]><style>table,td,p,h1,h2,h3,a,span{mso-line-height-rule:exactly}
a{text-underline-style:none}
</style>
<![endif]-->
</head><body style="word-spacing:normal;background-color:#e9e4d9"><div aria-label="The railway reaches the mill" aria-roledescription="email" class="page" role="article" lang="en" dir="ltr" style="color:#343c40;background-color:#e9e4d9"><div style="display:none;mso-hide:all;font-size:1px;line-height:1px;color:#fdfbf7">And two more͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ ͏ </div><!--[if
mso | IE]><table border="0" cellpadding="0" cellspacing="0" role="presentation" bgcolor="#fdfbf7" align="center" width="640" style="width:640px"><tr><td style="line-height:0px;font-size:0px;mso-line-height-rule:exactly"><![endif]-->
<div class="sheet" style="background:#fdfbf7;background-color:#fdfbf7;margin:0px auto;max-width:640px"><table border="0" cellpadding="0" cellspacing="0" role="presentation" align="center" style="background:#fdfbf7;background-color:#fdfbf7;width:100%"><tbody><tr><td style="direction:ltr;font-size:0px;padding:0;text-align:center"><!--[if mso | IE]><table border="0" cellpadding="0" cellspacing="0" role="presentation"><tr><![endif]-->
<!--[if mso | IE]><td style="vertical-align:top;width:640px"><![endif]-->
<div class="mj-outlook-group-fix mj-column-per-100" style="font-size:0px;text-align:left;direction:ltr;display:inline-block;vertical-align:top;width:100%"><table border="0" cellpadding="0" cellspacing="0" role="presentation" width="100%"><tbody><tr><td style="vertical-align:top;padding:0"><table border="0" cellpadding="0" cellspacing="0" role="presentation" width="100%"><tbody><tr><td class="pad" style="padding:0 40px;text-align:left;font-size:17px;line-height:26px;padding-top:14px;padding-bottom:14px"><table role="presentation" border="0" cellpadding="0" cellspacing="0" width="100%"><tr><td class="ear-l" style="color:#5c6569;font:14px/20px Helvetica,Arial,sans-serif;text-align:left">Sunday 22 November 2026</td><td class="ear-r" style="color:#5c6569;font:14px/20px Helvetica,Arial,sans-serif;text-align:right"></td></tr>
</table></td></tr>
<tr><td class="pad" style="padding:0 40px;text-align:center;font-size:17px;line-height:26px;padding-top:14px;padding-bottom:20px"><a class="logo" href="https://echo.example.com" style="color:#1b2327;text-decoration:none"><img class="logo-l" src="https://news.example.com/pictures/57a16286438c4938.jpg" width="200" height="40" alt="The Upland Echo" style="display:inline-block;height:auto;max-width:100%;border:0;color:#1b2327;font:700 28px/40px Georgia,serif"><!--[if !mso]><!--><img class="logo-d" src="https://news.example.com/pictures/57a16286438c4938.jpg" width="200" height="40" alt="The Upland Echo" style="display:none;mso-hide:all;border:0;color:#1b2327;font:700 28px/40px Georgia,serif"><!--<![endif]-->
</a></td></tr>
<tr><td class="pad" style="padding:0 40px;text-align:left;font-size:17px;line-height:26px"><table role="presentation" border="0" cellpadding="0" cellspacing="0" width="100%"><tr><td class="band" style="border-top:4px double #1b2327;border-bottom:1px solid #d3cbbd;padding:12px 0 11px;text-align:center"><h1 class="band-h" style="margin:0;color:#0b4f6c;font:700 15px/20px Helvetica,Arial,sans-serif;letter-spacing:2px;text-transform:uppercase">Morning Briefing</h1>
<p class="band-t" style="margin:2px 0 0;color:#5c6569;font:italic 16px/24px Georgia,serif">The day in ten minutes</p>
</td></tr>
</table></td></tr>
<tr><td class="pad intro" style="padding:0 40px;text-align:left;font-size:17px;line-height:26px;padding-top:28px;padding-bottom:16px"><p style="margin:0 0 12px;color:#343c40;font:19px/29px Georgia,serif">Good morning, -nl_first_name_1h-. Read <a href="https://echo.example.com/more" style="color:#0b4f6c">this</a>.</p>
</td></tr>
<tr><td class="pad" style="padding:0 40px;text-align:left;font-size:17px;line-height:26px;padding-bottom:28px"><p class="sign" style="margin:0;color:#5c6569;font:italic 17px/26px Georgia,serif">Ann</p>
</td></tr>
<tr><td style="padding:0;text-align:left;font-size:0;line-height:0"><img class="pic" src="https://news.example.com/pictures/7f704441a231546d.jpg" width="640" height="427" alt="A train" style="display:block;width:100%;height:auto;border:0;background-color:#f3eee4;color:#5c6569;font:italic 16px/22px Georgia,serif"></td></tr>
<tr><td class="pad" style="padding:0 40px;text-align:left;font-size:17px;line-height:26px;padding-top:8px"><p class="cap" style="margin:0;color:#5c6569;font:14px/20px Helvetica,Arial,sans-serif">The train Picture: Ann Example</p>
</td></tr>
<tr><td class="pad" style="padding:0 40px;text-align:left;font-size:17px;line-height:26px;padding-top:26px"><p class="kick" style="margin:0 0 5px;color:#a6341b;font:700 14px/20px Helvetica,Arial,sans-serif"><span class="num-l" style="font:28px/30px Georgia,serif">1</span> </p>
<h2 class="lead" style="margin:0 0 10px;color:#1b2327;font:700 32px/38px Georgia,serif"><a href="https://paper0.example.org/story/0?utm_source=morning&amp;utm_campaign=2026-11-22&amp;nl=v89m67tq" style="color:#1b2327;text-decoration:none">Railway reaches the mill after 2 quiet years</a></h2>
<p class="dek" style="margin:0 0 10px;color:#343c40;font:18px/28px Georgia,serif">Trains at last. The railway came up the valley road on Monday, and the council of mill voted to keep it there until the spring.</p>
<p class="meta" style="margin:0 0 16px;color:#5c6569;font:14px/20px Helvetica,Arial,sans-serif">The Paper</p>
<table role="presentation" border="0" cellpadding="0" cellspacing="0"><tr><td class="btn" style="background-color:#0b4f6c;border-radius:3px;mso-padding-alt:13px 24px"><a class="btn-a" href="https://paper0.example.org/story/0?utm_source=morning&amp;utm_campaign=2026-11-22&amp;nl=v89m67tq" style="color:#fdfbf7;display:inline-block;padding:13px 24px;font:700 16px/22px Helvetica,Arial,sans-serif;text-decoration:none">Read the story</a></td></tr>
</table></td></tr>
</tbody></table></td></tr>
</tbody></table></div><!--[if mso | IE]></td><![endif]-->
<!--[if mso | IE]></tr>
</table><![endif]-->
</td></tr>
</tbody></table></div><!--[if mso | IE]></td></tr>
</table><![endif]-->
<!--[if mso | IE]><table border="0" cellpadding="0" cellspacing="0" role="presentation" bgcolor="#fdfbf7" align="center" width="640" style="width:640px"><tr><td style="line-height:0px;font-size:0px;mso-line-height-rule:exactly"><![endif]-->
<div class="sheet" style="background:#fdfbf7;background-color:#fdfbf7;margin:0px auto;max-width:640px"><table border="0" cellpadding="0" cellspacing="0" role="presentation" align="center" style="background:#fdfbf7;background-color:#fdfbf7;width:100%"><tbody><tr><td style="direction:ltr;font-size:0px;padding:0;text-align:center"><!--[if mso | IE]><table border="0" cellpadding="0" cellspacing="0" role="presentation"><tr><![endif]-->
<!--[if mso | IE]><td style="vertical-align:top;width:640px"><![endif]-->
<div class="mj-outlook-group-fix mj-column-per-100" style="font-size:0px;text-align:left;direction:ltr;display:inline-block;vertical-align:top;width:100%"><table border="0" cellpadding="0" cellspacing="0" role="presentation" width="100%"><tbody><tr><td style="vertical-align:top;padding:0"><table border="0" cellpadding="0" cellspacing="0" role="presentation" width="100%"><tbody><tr><td class="pad" style="padding:0 40px;text-align:left;font-size:17px;line-height:26px;padding-top:32px"><table role="presentation" border="0" cellpadding="0" cellspacing="0" width="100%"><tr><td class="box" style="background-color:#f3eee4;padding:22px 24px;text-align:left"><p class="spon-l" style="margin:0 0 8px;color:#5c6569;font:14px/20px Helvetica,Arial,sans-serif">Sponsored by Example Tea</p>
<p class="spon-h" style="margin:0 0 4px;font:700 18px/25px Helvetica,Arial,sans-serif"><a href="https://tea.example.com" rel="sponsored" style="color:#0b4f6c">A warm cup</a></p>
<p class="spon-t" style="margin:0;color:#343c40;font:16px/24px Helvetica,Arial,sans-serif">Until Friday</p>
</td></tr>
</table></td></tr>
<tr><td class="pad" style="padding:0 40px;text-align:left;font-size:17px;line-height:26px;padding-top:40px"><table role="presentation" border="0" cellpadding="0" cellspacing="0" width="100%" class="grid"><tr><td class="sechead" colspan="3" style="border-top:3px solid #1b2327;padding:9px 0 0;text-align:left"><h2 class="sechead-h" style="margin:0;color:#1b2327;font:700 15px/20px Helvetica,Arial,sans-serif;letter-spacing:1px;text-transform:uppercase">Also today</h2>
</td></tr>
<tr><td class="also-i" colspan="3" style="padding:11px 0;text-align:left;border-bottom:0;color:#5c6569;font:17px/25px Georgia,serif;padding-bottom:4px"><a href="https://paper2.example.org/story/2?utm_source=morning&amp;utm_campaign=2026-11-22&amp;nl=vj2g3av8" style="color:#1b2327;text-decoration:none">Lantern reaches the upper town after 4 quiet years</a> <span class="meta-i" style="padding-left:4px;color:#5c6569;font:14px/20px Helvetica,Arial,sans-serif"></span></td></tr>
</table></td></tr>
<tr><td class="pad" style="padding:0 40px;text-align:left;font-size:17px;line-height:26px;padding-top:36px;padding-bottom:40px"><p class="share" style="margin:0;color:#5c6569;font:16px/24px Helvetica,Arial,sans-serif;text-align:center"><a href="mailto:?subject=Morning%20Briefing&amp;body=https%3A//news.example.com/archive/morning/2026-11-22/" style="color:#0b4f6c">Forward this to a friend</a></p>
</td></tr>
</tbody></table></td></tr>
</tbody></table></div><!--[if mso | IE]></td><![endif]-->
<!--[if mso | IE]></tr>
</table><![endif]-->
</td></tr>
</tbody></table></div><!--[if mso | IE]></td></tr>
</table><![endif]-->
<!--[if mso | IE]><table border="0" cellpadding="0" cellspacing="0" role="presentation" bgcolor="" align="center" width="640" style="width:640px"><tr><td style="line-height:0px;font-size:0px;mso-line-height-rule:exactly"><![endif]-->
<div style="background:;background-color:;margin:0px auto;max-width:640px"><table border="0" cellpadding="0" cellspacing="0" role="presentation" align="center" style="background:;background-color:;width:100%"><tbody><tr><td style="direction:ltr;font-size:0px;padding:0;text-align:center"><!--[if mso | IE]><table border="0" cellpadding="0" cellspacing="0" role="presentation"><tr><![endif]-->
<!--[if mso | IE]><td style="vertical-align:top;width:640px"><![endif]-->
<div class="mj-outlook-group-fix mj-column-per-100" style="font-size:0px;text-align:left;direction:ltr;display:inline-block;vertical-align:top;width:100%"><table border="0" cellpadding="0" cellspacing="0" role="presentation" width="100%"><tbody><tr><td style="vertical-align:top;padding:0"><table border="0" cellpadding="0" cellspacing="0" role="presentation" width="100%"><tbody><tr><td class="pad" style="padding:0 40px;text-align:left;font-size:17px;line-height:26px;padding-top:28px;padding-bottom:40px"><p class="foot-l" style="margin:0 0 12px;color:#5c6569;font:14px/30px Helvetica,Arial,sans-serif"><a href="https://news.example.com/join/morning/" style="color:#1b2327">Get Morning Briefing by e-mail</a></p>
<p class="foot-t" style="margin:0 0 12px;color:#5c6569;font:14px/22px Helvetica,Arial,sans-serif">1 High Street, Upland<br>Write to us: <a class="foot-a" href="mailto:desk@example.com" style="color:#1b2327">desk@example.com</a></p>
</td></tr>
</tbody></table></td></tr>
</tbody></table></div><!--[if mso | IE]></td><![endif]-->
<!--[if mso | IE]></tr>
</table><![endif]-->
</td></tr>
</tbody></table></div><!--[if mso | IE]></td></tr>
</table><![endif]-->
</div></body></html>', 'THE UPLAND ECHO
Morning Briefing, Sunday 22 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

1. Railway reaches the mill after 2 quiet years
Trains at last. The railway came up the valley road on Monday, and the
council of mill voted to keep it there until the spring.
The Paper
https://paper0.example.org/story/0?utm_source=morning&utm_campaign=2026-11-22&nl=v89m67tq

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

ALSO TODAY
----------

* Lantern reaches the upper town after 4 quiet years
  https://paper2.example.org/story/2?utm_source=morning&utm_campaign=2026-11-22&nl=vj2g3av8

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
View in browser: https://news.example.com/archive/morning/2026-11-22/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}]', 1),
(5, 'web', '[]', 0, '0812fc3c55e72b213fd450f42e9fd92ebed7f1d490e701e5b2979fd04cfcc738', 'News of the 23 November', 'And two more', '<!DOCTYPE html><html><body><h1>News of the 23 November</h1><p>-nl_first_name_1h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Monday 23 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

1. Harvest reaches the station after 5 quiet years
The harvest came up the valley road on Monday, and the council of
station voted to keep it there until the spring.
https://paper0.example.org/story/3?utm_source=morning&utm_campaign=2026-11-23&nl=98x8ka8k

TOP STORIES
-----------

2. Library reaches the castle after 6 quiet years
The library came up the valley road on Monday, and the council of
castle voted to keep it there until the spring.
https://paper1.example.org/story/4?utm_source=morning&utm_campaign=2026-11-23&nl=z3dk385z

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

CORRECTIONS
-----------

22 November: The clerk is Ann, not Anna.

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
View in browser: https://news.example.com/archive/morning/2026-11-23/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}]', 3),
(6, 'web', '[]', 0, 'c08bc3bfd32b4c6153496e594c0778de5dffde786c72c3df44629ffe7ec5e8a1', 'News of the 21 November', 'And two more', '<!DOCTYPE html><html><body><h1>News of the 21 November</h1><p>-nl_first_name_1h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Saturday 21 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

1. Ferry reaches the quarry after 8 quiet years
The ferry came up the valley road on Monday, and the council of quarry
voted to keep it there until the spring.
https://paper0.example.org/story/6?utm_source=morning&utm_campaign=2026-11-21&nl=kefnu4b9

TOP STORIES
-----------

2. Bakery reaches the school after 9 quiet years
The bakery came up the valley road on Monday, and the council of
school voted to keep it there until the spring.
https://paper1.example.org/story/7?utm_source=morning&utm_campaign=2026-11-21&nl=h3x2e3g4

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
View in browser: https://news.example.com/archive/morning/2026-11-21/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}]', 4),
(7, 'web', '[]', 0, '9e1e89ccf84038fc2eba68f3d944005bbb84ba6255fbb32b0782b3ddd3751274', 'News of the 25 November', 'And two more', '<!DOCTYPE html><html><body><h1>News of the 25 November</h1><p>-nl_first_name_1h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Wednesday 25 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

1. Museum reaches the square after 7 quiet years
The museum came up the valley road on Monday, and the council of
square voted to keep it there until the spring.
https://paper2.example.org/story/5?utm_source=morning&utm_campaign=2026-11-25&nl=zb9adyhk

TOP STORIES
-----------

2. Choir reaches the old bridge after 10 quiet years
The choir came up the valley road on Monday, and the council of old
bridge voted to keep it there until the spring.
https://paper2.example.org/story/8?utm_source=morning&utm_campaign=2026-11-25&nl=5667sz9g

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
View in browser: https://news.example.com/archive/morning/2026-11-25/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}]', 5),
(8, 'web', '[]', 0, '6fe98e852397f12191096d9907bd39b4255752c867d120a5d5cb2e6fc0dfd623', 'News of the 26 November', 'And two more', '<!DOCTYPE html><html><body><h1>News of the 26 November</h1><p>-nl_first_name_1h-</p></body></html>', 'THE UPLAND ECHO
Morning Briefing, Thursday 26 November 2026
The day in ten minutes

Good morning, -nl_first_name_2t-. Read this
(https://echo.example.com/more).

Ann

1. Theatre reaches the meadow after 11 quiet years
The theatre came up the valley road on Monday, and the council of
meadow voted to keep it there until the spring.
https://paper0.example.org/story/9?utm_source=morning&utm_campaign=2026-11-26&nl=bqbd8v2y

TOP STORIES
-----------

2. Bakery reaches the school after 9 quiet years
The bakery came up the valley road on Monday, and the council of
school voted to keep it there until the spring.
https://paper1.example.org/story/7?utm_source=morning&utm_campaign=2026-11-26&nl=cb9dnt9j

[Sponsored by Example Tea]
A warm cup. Until Friday
https://tea.example.com

Were you forwarded this? Sign up: https://news.example.com/join/morning/

--
View in browser: https://news.example.com/archive/morning/2026-11-26/

1 High Street, Upland
Write to us: desk@example.com
', '[{"token": "-nl_first_name_1h-", "field": "first_name", "fallback": "reader", "html": true}, {"token": "-nl_first_name_2t-", "field": "first_name", "fallback": "reader", "html": false}]', 6);
INSERT INTO scheduler_schedule ("id", "weekdays", "time", "zone", "open_before_minutes", "active", "created_at", "newsletter_id") VALUES
(1, '1234567', '07:00:00', 'Europe/London', 180, 1, '2026-11-23 06:00:00', 1),
(2, '6', '09:00:00', 'Europe/Berlin', 180, 1, '2026-11-23 06:00:00', 2);
INSERT INTO scheduler_occurrence ("id", "instant", "date", "opens_at", "state", "reason", "changed_at", "edition_id", "newsletter_id", "schedule_id") VALUES
(1, '2026-11-23 07:00:00', '2026-11-23', '2026-11-23 04:00:00', 'claimed', '', '2026-11-24 06:00:00', 2, 1, 1),
(2, '2026-11-24 07:00:00', '2026-11-24', '2026-11-24 04:00:00', 'opened', '', '2026-11-24 06:00:00', 6, 1, 1),
(3, '2026-11-25 07:00:00', '2026-11-25', '2026-11-25 04:00:00', 'held', 'Not approved', '2026-11-24 06:00:00', 4, 1, 1),
(4, '2026-11-26 07:00:00', '2026-11-26', '2026-11-26 04:00:00', 'missed', 'The machine was off', '2026-11-24 06:00:00', 5, 1, 1),
(5, '2026-11-27 07:00:00', '2026-11-27', '2026-11-27 04:00:00', 'planned', '', '2026-11-23 06:00:00', NULL, 1, 1),
(6, '2026-11-28 07:00:00', '2026-11-28', '2026-11-28 04:00:00', 'planned', '', '2026-11-23 06:00:00', NULL, 1, 1),
(7, '2026-11-29 07:00:00', '2026-11-29', '2026-11-29 04:00:00', 'planned', '', '2026-11-23 06:00:00', NULL, 1, 1),
(8, '2026-11-30 07:00:00', '2026-11-30', '2026-11-30 04:00:00', 'skipped', 'A holiday (editor@example.com)', '2026-11-23 06:00:00', NULL, 1, 1),
(9, '2026-11-28 08:00:00', '2026-11-28', '2026-11-28 05:00:00', 'planned', '', '2026-11-23 06:00:00', NULL, 2, 2);
INSERT INTO scheduler_skip ("id", "date", "reason", "created_at", "created_by", "schedule_id") VALUES
(1, '2026-11-30', 'A holiday', '2026-11-23 06:00:00', 'editor@example.com', 1);
INSERT INTO delivery_incident ("id", "address", "kind", "reason", "at", "batch_id", "subscriber_id", "mailing_id") VALUES
(1, 'finn@example.com', 'bounced', '550 no such user', '2026-11-23 06:00:00', 1, 6, 1);
INSERT INTO delivery_exclusion ("id", "reason", "format", "members", "size", "first_id", "last_id", "mailing_id") VALUES
(1, 'bounced', 1, X'010900000000000000', 1, 9, 9, 1),
(2, 'complained', 1, X'010a00000000000000', 1, 10, 10, 1),
(3, 'frequency', 1, X'010c00000000000000', 1, 12, 12, 1),
(4, 'paused', 1, X'010d00000000000000', 1, 13, 13, 1),
(5, 'pending', 1, X'011100000000000000', 1, 17, 17, 1),
(6, 'suppressed', 1, X'010b00000000000000', 1, 11, 11, 1),
(7, 'unsubscribed', 1, X'0108000000000000000d', 2, 8, 21, 1),
(8, 'bounced', 1, X'010900000000000000', 1, 9, 9, 2),
(9, 'complained', 1, X'010a00000000000000', 1, 10, 10, 2),
(10, 'not_sent', 1, X'010c0000000000000001', 2, 12, 13, 2),
(11, 'pending', 1, X'011100000000000000', 1, 17, 17, 2),
(12, 'suppressed', 1, X'010b00000000000000', 1, 11, 11, 2),
(13, 'unsubscribed', 1, X'0108000000000000000d', 2, 8, 21, 2),
(14, 'bounced', 1, X'010900000000000000', 1, 9, 9, 3),
(15, 'complained', 1, X'010a00000000000000', 1, 10, 10, 3),
(16, 'frequency', 1, X'010c00000000000000', 1, 12, 12, 3),
(17, 'paused', 1, X'010d00000000000000', 1, 13, 13, 3),
(18, 'pending', 1, X'011100000000000000', 1, 17, 17, 3),
(19, 'suppressed', 1, X'010b00000000000000', 1, 11, 11, 3),
(20, 'unsubscribed', 1, X'0108000000000000000d', 2, 8, 21, 3),
(21, 'bounced', 1, X'010900000000000000', 1, 9, 9, 4),
(22, 'complained', 1, X'010a00000000000000', 1, 10, 10, 4),
(23, 'frequency', 1, X'010c00000000000000', 1, 12, 12, 4),
(24, 'paused', 1, X'010d00000000000000', 1, 13, 13, 4),
(25, 'pending', 1, X'011100000000000000', 1, 17, 17, 4),
(26, 'suppressed', 1, X'010b00000000000000', 1, 11, 11, 4),
(27, 'unsubscribed', 1, X'0108000000000000000d', 2, 8, 21, 4);
INSERT INTO delivery_applier ("name", "owner", "lease_until") VALUES
('events', 'worker@host:1', '2026-11-24 06:00:00'),
('engagement', 'worker@host:1', '2026-11-24 06:00:00');
INSERT INTO delivery_post ("id", "digest", "body", "received_at") VALUES
(1, X'4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945', X'5b5d', '2026-11-24 06:00:00');
INSERT INTO delivery_seenevent ("id", "at") VALUES
(4711, '2026-11-24 06:00:00');
INSERT INTO delivery_stray ("id", "day", "count") VALUES
(1, '2026-11-23', 2);
INSERT INTO delivery_alarm ("id", "message", "count", "first_at", "last_at", "mailing_id") VALUES
(1, 'The provider refused our key.', 2, '2026-11-23 06:00:00', '2026-11-24 06:00:00', 3),
(2, 'The account is over its quota.', 1, '2026-11-23 06:00:00', '2026-11-24 06:00:00', NULL);
INSERT INTO delivery_pickclicks ("id", "pick", "people", "machines", "mailing_id") VALUES
(1, 'v89m67tq', 4, 1, 1),
(2, 'ku94qhs4', 4, 1, 1);
INSERT INTO delivery_pace ("name") VALUES
('house');
INSERT INTO delivery_directory ("id", "first_id", "last_id", "format", "places", "mailing_id") VALUES
(1, 1, 21, 1, X'780163646480004634c0c4089661646082c2977f5ffd7dfdf7cddf8f7f3ffc8588bdf80b927df9170001ed0f6d', 1),
(2, 1, 21, 1, X'780163646480004634c0c40893812a78f9f7d5dfd77fdffcfd0c8410a11760fae55f0000cf0f60', 2),
(3, 1, 21, 1, X'780163646480004634c0c40893812a78f9f7d5dfd77fdffcfdf8f7c35f88d00b30fdf22f00007b0f5b', 3),
(4, 1, 21, 1, X'780163646480004634c0c40893812a78f9f7d5dfd77fdffcfdf8f7c35f88d00b30fdf22f00007b0f5b', 4);
INSERT INTO delivery_pull ("provider", "pulled_until", "next_at", "error") VALUES
('outbox', '2026-11-24 06:00:00', '2099-01-01 00:00:00', ''),
('sendgrid', '2026-11-24 06:00:00', '2099-01-01 00:00:00', 'It did not answer.');
INSERT INTO delivery_batch ("id", "number", "key", "wave", "variant", "language", "tracking", "format", "members", "outcomes", "size", "first_id", "last_id", "state", "attempt", "attempt_key", "lease_owner", "lease_until", "due_at", "handed_over_at", "provider_id", "error", "version", "mailing_id", "repair", "send_at", "stratum", "folded") VALUES
(1, 1, 'm6nmqvcnp6qm', 0, 'a', '', 1, 1, X'01010000000000000001', X'28002800', 2, 1, 2, 'accepted', 1, 'hfxpqfa8yauu', '', NULL, '2026-11-22 06:00:00', '2026-11-22 06:00:00', 'hfxpqfa8yauu', '', 2, 1, 0, NULL, 0, 0),
(2, 2, 'q6hw6a38wqye', 0, '', '', 1, 1, X'01030000000000000010', X'28002800', 2, 3, 19, 'accepted', 1, 'hkv9amw7svny', '', NULL, '2026-11-22 06:00:00', '2026-11-22 06:00:00', 'hkv9amw7svny', '', 2, 1, 0, NULL, 1, 0),
(3, 3, '9scw7s3unanz', 0, '2', '', 1, 1, X'01040000000000000001010107010104', X'28002800280028002800280028002800', 8, 4, 20, 'accepted', 1, '2hr4hzxp82cx', '', NULL, '2026-11-22 06:00:00', '2026-11-22 06:00:00', '2hr4hzxp82cx', '', 2, 1, 0, NULL, 2, 0),
(4, 1, '7axtskyzx7kz', 0, '', '', 1, 1, X'0101000000000000000101010101010701010301', X'280028002800280028002800280028002800280028002800', 12, 1, 20, 'accepted', 1, 'sn856664vj8y', '', NULL, '2026-11-23 06:00:00', '2026-11-23 06:00:00', 'sn856664vj8y', '', 2, 2, 0, NULL, 0, 0),
(5, 1, '99b6674f535x', 0, '', '', 1, 1, X'0101000000000000000101010101010701010301', X'000000000000000000000000000000000000000000000000', 12, 1, 20, 'planned', 0, '', '', NULL, '2026-11-23 06:00:00', NULL, '', '', 1, 3, 0, NULL, 0, 0),
(6, 1, 'p7zyha9k6axv', 0, '', '', 1, 1, X'0101000000000000000101010101010701010301', X'1e001e001e001e001e001e001e001e001e001e001e001e00', 12, 1, 20, 'withdrawn', 0, '', '', NULL, '2026-11-23 06:00:00', NULL, '', 'cancelled', 2, 4, 0, NULL, 0, 0);
INSERT INTO delivery_mailing ("id", "key", "kind", "provider", "state", "reason", "due_at", "created_at", "created_by", "frozen_at", "frozen_through", "frozen_upto", "started_at", "finished_at", "candidates", "planned", "excluded", "version", "edition_id", "list_id", "newsletter_id", "occurrence_id", "snapshot_id", "begins_at", "cancel_id", "recall", "recalled_at", "suppressed_upto", "ordinal") VALUES
(1, '94f43jatvtz5', 'edition', 'outbox', 'finished', '', '2026-11-22 06:00:00', '2026-11-22 06:00:00', 'editor@example.com', '2026-11-22 06:00:00', 21, 21, '2026-11-22 06:00:00', '2026-11-22 06:00:00', 20, 12, 8, 1, 1, 1, 1, NULL, 1, NULL, '', '', NULL, 6, 1),
(2, 'z4t9rdjnjvnu', 'correction', 'outbox', 'finished', '', '2026-11-23 06:00:00', '2026-11-23 06:00:00', 'editor@example.com', '2026-11-23 06:00:00', 21, 21, '2026-11-23 06:00:00', '2026-11-23 06:00:00', 20, 12, 8, 1, 1, 1, 1, NULL, 2, NULL, '', '', NULL, 6, 0),
(3, '2sadbqsepdf9', 'edition', 'outbox', 'paused', 'paused by editor@example.com', '2026-11-23 06:00:00', '2026-11-23 06:00:00', 'editor@example.com', '2026-11-23 06:00:00', 21, 21, NULL, NULL, 20, 12, 8, 1, 2, 1, 1, 1, 3, NULL, '', '', NULL, 6, 2),
(4, '6xuyg27zsby6', 'edition', 'outbox', 'cancelled', 'cancelled by editor@example.com', '2026-11-23 06:00:00', '2026-11-23 06:00:00', 'editor@example.com', '2026-11-23 06:00:00', 21, 21, NULL, NULL, 20, 12, 8, 1, 3, 1, 1, NULL, 4, NULL, '', '', NULL, 6, 3),
(5, 'wawv7t8h3w6b', 'edition', 'outbox', 'scheduled', '', '2099-01-01 07:00:00', '2026-11-24 06:00:00', 'editor@example.com', NULL, 0, NULL, NULL, NULL, 0, 0, 0, 1, 4, 1, 1, NULL, 5, NULL, '', '', NULL, 0, 0);
INSERT INTO jobs_pulse ("id", "name", "kind", "started_at", "beat_at", "note") VALUES
(1, 'heartbeat@host:1', 'heartbeat', '2026-11-23 06:00:00', '2099-01-01 00:00:00', ''),
(2, 'worker@host:1', 'worker', '2026-11-23 06:00:00', '2099-01-01 00:00:00', ''),
(3, 'web@host:1', 'web', '2026-11-23 06:00:00', '2099-01-01 00:00:00', '');
INSERT INTO otp_totp_totpdevice ("id", "name", "confirmed", "key", "step", "t0", "digits", "tolerance", "drift", "last_t", "user_id", "throttling_failure_count", "throttling_failure_timestamp", "created_at", "last_used_at") VALUES
(1, 'default', 1, '0000000000000000000000000000000000000000', 30, 0, 6, 1, 0, -1, 3, 0, NULL, '2026-11-28 17:19:50.855901', NULL);
INSERT INTO subscribers_engagement ("subscription_id", "newest", "opened", "clicked", "last_opened_at", "last_clicked_at", "as_of") VALUES
(1, 1, 1, 1, '2026-11-24 06:00:00', '2026-11-24 06:00:00', '2026-11-24 06:00:00'),
(3, 1, 1, 0, '2026-11-24 06:00:00', NULL, '2026-11-24 06:00:00');
INSERT INTO subscribers_attempt ("id", "at", "address", "lists", "origin", "network", "verdict") VALUES
(1, '2026-11-23 06:00:00', 'pia@example.com', '1', 'https://echo.example.com/story', '192.0.2.8', 'taken'),
(2, '2026-11-23 06:00:00', 'quin@example.com', '1', 'x', '192.0.2.9', 'trapped');
INSERT INTO subscribers_attribute ("id", "slug", "name", "kind", "choices", "created_at") VALUES
(1, 'company', 'Company', 'text', '[]', '2026-10-25 06:00:00'),
(2, 'age', 'Age', 'number', '[]', '2026-10-25 06:00:00'),
(3, 'birthday', 'Birthday', 'date', '[]', '2026-10-25 06:00:00'),
(4, 'plan', 'Plan', 'choice', '["basic", "gold"]', '2026-10-25 06:00:00');
INSERT INTO subscribers_domainrule ("id", "domain", "verdict", "created_at") VALUES
(1, 'trash.example.net', 'deny', '2026-10-25 06:00:00'),
(2, 'fine.example.net', 'allow', '2026-10-25 06:00:00');
INSERT INTO subscribers_erasure ("id", "subscriber_id", "addresses", "at", "by", "done_at") VALUES
(1, 22, '[]', '2026-11-22 06:00:00', 'the reader', '2026-11-22 06:00:00'),
(2, 23, '["yan@example.com"]', '2026-11-23 06:00:00', 'the reader', NULL);
INSERT INTO subscribers_pepper ("id", "value", "created_at") VALUES
(1, X'360fcaf12845545f28e95f0f418597c6790913e3ea5e7e54343dc1f040a1391d', '2026-10-25 06:00:00');
INSERT INTO subscribers_segment ("id", "slug", "name", "definition", "created_at", "changed_at", "changed_by") VALUES
(1, 'members-abroad', 'Members abroad', '{"all": [{"about": "tier", "op": "is", "value": "paid"}, {"none": [{"about": "zone", "op": "is", "value": "Mars/North"}]}]}', '2026-10-25 06:00:00', '2026-10-25 06:00:00', 'admin@example.com'),
(2, 'vip', 'VIP', '{"all": [{"about": "tag", "op": "has", "value": "VIP"}]}', '2026-10-25 06:00:00', '2026-10-25 06:00:00', 'admin@example.com');
INSERT INTO subscribers_tag ("id", "name") VALUES
(1, 'VIP'),
(2, 'press');
INSERT INTO subscribers_list ("id", "slug", "name", "description", "language", "double_opt_in", "public", "created_at", "engagement_as_of", "newest_edition", "weekly_day") VALUES
(1, 'morning', 'Morning Briefing', 'Every day at seven', 'en', 1, 1, '2026-10-25 06:00:00', '2026-11-24 06:00:00', 1, 5),
(2, 'good-news', 'Good News', '', 'de', 1, 1, '2026-10-25 06:00:00', NULL, 0, 5),
(3, 'staff', 'Staff', '', 'en', 0, 0, '2026-10-25 06:00:00', NULL, 0, 5);
INSERT INTO subscribers_subscriber ("id", "address", "address_key", "first_name", "last_name", "language", "zone", "source", "created_at", "soft_bounces", "tracked", "attributes", "tier") VALUES
(1, 'ada@example.com', 'ada@example.com', 'Ada', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{"company":"Other Ltd","age":42,"birthday":"2004-02-29","plan":"gold"}', 'paid'),
(2, 'bea@example.com', 'bea@example.com', 'Bea', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'comp'),
(3, 'cem@example.com', 'cem@example.com', 'Cem', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(4, 'dora@example.com', 'dora@example.com', 'Dora', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(5, 'emil@example.com', 'emil@example.com', 'Emil', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(6, 'finn@example.com', 'finn@example.com', 'Finn', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(7, 'gitta@example.com', 'gitta@example.com', 'Gitta', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(8, 'hans@example.com', 'hans@example.com', 'Hans', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(9, 'ida@example.com', 'ida@example.com', 'Ida', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(10, 'jan@example.com', 'jan@example.com', 'Jan', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(11, 'kim@example.com', 'kim@example.com', 'Kim', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(12, 'lea@example.com', 'lea@example.com', 'Lea', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(13, 'max@example.com', 'max@example.com', 'Max', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(14, 'nora@example.com', 'nora@example.com', 'Nora', 'Example', 'de', 'Europe/Berlin', 'form', '2026-10-25 06:00:00', 0, 0, '{}', 'free'),
(15, 'otto.new@example.com', 'otto.new@example.com', 'Otto', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(16, 'paul@example.com', 'paul@example.com', 'Paul', 'Example', 'en', 'Europe/London', 'form', '2026-10-25 06:00:00', 0, 1, '{}', 'free'),
(17, 'pia@example.com', 'pia@example.com', 'Pia', '', 'en', 'Europe/London', 'https://echo.example.com/story', '2026-11-23 06:00:00', 0, 1, '{}', 'free'),
(19, 'info@example.com', 'info@example.com', '', '', '', '', 'people.csv', '2026-11-22 06:00:00', 0, 1, '{}', 'free'),
(20, 'rosa@example.com', 'rosa@example.com', 'Rosa', '', '', '', 'people.csv', '2026-11-22 06:00:00', 0, 1, '{"company": "Example Ltd"}', 'free'),
(21, 'sven@example.com', 'sven@example.com', 'Sven', '', '', '', 'people.csv', '2026-11-22 06:00:00', 0, 1, '{}', 'free');
INSERT INTO subscribers_owedmail ("id", "kind", "state", "created_at", "due_at", "attempts", "lease_until", "done_at", "error", "list_id", "about", "to_address", "subscriber_id") VALUES
(1, 'goodbye', 'owed', '2026-10-26 06:00:00', '2026-10-26 06:00:00', 0, NULL, NULL, '', 1, 0, '', 8),
(2, 'confirm', 'owed', '2026-11-23 06:00:00', '2026-11-23 06:00:00', 0, NULL, NULL, '', 1, 0, '', 17),
(3, 'newaddress', 'owed', '2026-11-23 06:00:00', '2026-11-23 06:00:00', 0, NULL, NULL, '', 1, 1, 'paul.new@example.com', 16),
(4, 'data', 'owed', '2026-11-23 06:00:00', '2026-11-23 06:00:00', 0, NULL, NULL, '', 1, 0, '', 1),
(5, 'which', 'owed', '2026-11-23 06:00:00', '2026-11-23 06:00:00', 0, NULL, NULL, '', NULL, 0, 'bea@example.com', NULL),
(6, 'welcome', 'owed', '2026-10-15 06:00:00', '2099-01-01 00:00:00', 1, '2099-01-01 00:00:00', NULL, '', 1, 0, '', 2),
(7, 'welcome', 'claimed', '2026-10-15 06:00:00', '2099-01-01 00:00:00', 1, '2099-01-01 00:00:00', '2026-11-24 06:00:00', '', 1, 0, '', 2),
(8, 'welcome', 'sent', '2026-10-15 06:00:00', '2099-01-01 00:00:00', 1, '2099-01-01 00:00:00', '2026-11-24 06:00:00', '', 1, 0, '', 2),
(9, 'welcome', 'failed', '2026-10-15 06:00:00', '2099-01-01 00:00:00', 1, '2099-01-01 00:00:00', '2026-11-24 06:00:00', 'It was refused.', 1, 0, '', 2),
(10, 'welcome', 'unknown', '2026-10-15 06:00:00', '2099-01-01 00:00:00', 1, '2099-01-01 00:00:00', '2026-11-24 06:00:00', 'It was refused.', 1, 0, '', 2);
INSERT INTO subscribers_addresswish ("id", "address", "asked_at", "done_at", "subscriber_id") VALUES
(1, 'paul.new@example.com', '2026-11-23 06:00:00', NULL, 16);
INSERT INTO subscribers_import ("id", "name", "sha256", "size", "tool", "options", "state", "by", "created_at", "finished_at", "owner", "lease_until", "merged_to", "counts", "people", "merged", "bad", "flags", "error", "file_kept", "list_id") VALUES
(1, 'people.csv', '3f9d0eb93d807796d1a676a01e2831f47739f464e8c2d89150593eab714acc0c', 196, 'generic', '{"mapping": {"company": "attribute"}, "status": "", "statuses": {}, "overwrite": true}', 'done', 'admin@example.com', '2026-11-22 06:00:00', '2026-11-22 06:00:00.068868', 'admin@example.com', NULL, 'sven@example.com', '{"new": 3, "updated": 1, "unchanged": 0, "kept_unsubscribed": 0, "rows": 5, "refused": 1, "skipped": 0}', 4, 4, '[[4, "email", "bad address", "\u201cbad address\u201d is no e-mail address: An email address must have an @-sign."]]', '{"role": {"count": 1, "first": [[6, "info@example.com", ""]]}}', '', 1, 1),
(2, 'asks.csv', 'ddef3a51f6a387762fd29eca92c16bc985e42cdc8264ddd3155b74f28b083578', 33, '', '{"mapping": {}, "status": "", "statuses": {}, "overwrite": false}', 'asks', 'admin@example.com', '2026-11-23 06:00:00', '2026-11-23 06:00:00', 'w', NULL, '', '{}', 0, 0, '[]', '{}', 'The column status has a word we do not know: “VIP” (1 rows, first in line 2). Nothing is imported. Say what it means, for instance --status-value ''VIP=unsubscribed'', or that the column is something else: --map ''status=attribute''.', 1, 1),
(3, 'ready.csv', '0d37d75d3626a7877d2d8fa057f66e5cf2c41359ba797e29536af0103fb970e1', 23, 'generic', '{"mapping": {}, "status": "", "statuses": {}, "overwrite": false}', 'ready', 'admin@example.com', '2026-11-23 06:00:00', NULL, 'w', NULL, '', '{"new": 1, "updated": 0, "unchanged": 0, "kept_unsubscribed": 0, "rows": 1, "refused": 0, "skipped": 0}', 1, 0, '[]', '{}', '', 1, 1);
INSERT INTO subscribers_importedchange ("id", "before", "after", "run_id", "subscriber_id") VALUES
(1, '{"first_name":"Ada","last_name":"Example","zone":"Europe/London","language":"en","tier":"paid","attributes":{"company":"Example Ltd","age":42,"birthday":"2004-02-29","plan":"gold"}}', '{"first_name":"Ada","last_name":"Example","zone":"Europe/London","language":"en","tier":"paid","attributes":{"company":"Other Ltd","age":42,"birthday":"2004-02-29","plan":"gold"}}', 1, 1);
INSERT INTO subscribers_consent ("id", "state", "at", "how", "by", "origin", "words", "network", "list_id", "subscriber_id", "before", "claimed_at", "reason", "run_id") VALUES
(1, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 1, '', NULL, '', NULL),
(2, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 2, 1, '', NULL, '', NULL),
(3, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 2, '', NULL, '', NULL),
(4, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 2, 2, '', NULL, '', NULL),
(5, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 3, '', NULL, '', NULL),
(6, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 2, 3, '', NULL, '', NULL),
(7, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 4, '', NULL, '', NULL),
(8, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 5, '', NULL, '', NULL),
(9, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 6, '', NULL, '', NULL),
(10, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 7, '', NULL, '', NULL),
(11, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 8, '', NULL, '', NULL),
(12, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 9, '', NULL, '', NULL),
(13, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 10, '', NULL, '', NULL),
(14, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 11, '', NULL, '', NULL),
(15, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 12, '', NULL, '', NULL),
(16, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 13, '', NULL, '', NULL),
(17, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 14, '', NULL, '', NULL),
(18, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 15, '', NULL, '', NULL),
(19, 'active', '2026-10-25 06:00:00', 'desk', 'admin@example.com', 'form', '', NULL, 1, 16, '', NULL, '', NULL),
(20, 'unsubscribed', '2026-10-26 06:00:00', 'page', '', '', '', '192.0.2.7', 1, 8, 'active', NULL, 'too-many: too much', NULL),
(21, 'pending', '2026-11-23 06:00:00', 'form', '', 'https://echo.example.com/story', 'Sign up: Morning Briefing', '192.0.2.8', 1, 17, '', NULL, '', NULL),
(22, 'bounced', '2026-11-19 06:00:00', 'event', '', '550 no such user', '', NULL, 1, 9, 'active', NULL, '', NULL),
(23, 'complained', '2026-11-19 06:00:00', 'event', '', '', '', NULL, 1, 10, 'active', NULL, '', NULL),
(24, 'active', '2026-11-23 06:00:00', 'preferences', '', '', 'frequency: weekly', '192.0.2.1', 1, 12, 'active', NULL, '', NULL),
(25, 'active', '2026-11-23 06:00:00', 'preferences', '', '', 'frequency: every, from 2099-01-01', '192.0.2.1', 1, 13, 'active', NULL, '', NULL),
(26, '', '2026-11-23 06:00:00', 'preferences', '', '', 'language: de', '192.0.2.1', NULL, 14, '', NULL, '', NULL),
(27, '', '2026-11-23 06:00:00', 'preferences', '', '', 'zone: Europe/Berlin', '192.0.2.1', NULL, 14, '', NULL, '', NULL),
(28, '', '2026-11-23 06:00:00', 'preferences', '', '', 'tracked: as the newsletter', '192.0.2.1', NULL, 14, '', NULL, '', NULL),
(29, 'active', '2026-11-22 06:00:00', 'import', 'admin@example.com', 'people.csv', '', NULL, 1, 19, '', NULL, '', 1),
(30, 'active', '2026-11-22 06:00:00', 'import', 'admin@example.com', 'people.csv', '', NULL, 1, 20, '', NULL, '', 1),
(31, 'unsubscribed', '2026-11-22 06:00:00', 'import', 'admin@example.com', 'people.csv', '', NULL, 1, 21, '', NULL, '', 1);
INSERT INTO subscribers_subscription ("id", "state", "since", "confirmed_at", "source", "subscriber_id", "asked_at", "frequency", "paused_until", "list_id") VALUES
(1, 'active', '2026-10-25 06:00:00', NULL, 'form', 1, NULL, 'every', NULL, 1),
(2, 'active', '2026-10-25 06:00:00', NULL, 'form', 1, NULL, 'every', NULL, 2),
(3, 'active', '2026-10-25 06:00:00', NULL, 'form', 2, NULL, 'every', NULL, 1),
(4, 'active', '2026-10-25 06:00:00', NULL, 'form', 2, NULL, 'every', NULL, 2),
(5, 'active', '2026-10-25 06:00:00', NULL, 'form', 3, NULL, 'every', NULL, 1),
(6, 'active', '2026-10-25 06:00:00', NULL, 'form', 3, NULL, 'every', NULL, 2),
(7, 'active', '2026-10-25 06:00:00', NULL, 'form', 4, NULL, 'every', NULL, 1),
(8, 'active', '2026-10-25 06:00:00', NULL, 'form', 5, NULL, 'every', NULL, 1),
(9, 'active', '2026-10-25 06:00:00', NULL, 'form', 6, NULL, 'every', NULL, 1),
(10, 'active', '2026-10-25 06:00:00', NULL, 'form', 7, '2026-11-23 06:00:00', 'every', NULL, 1),
(11, 'unsubscribed', '2026-10-26 06:00:00', NULL, 'form', 8, NULL, 'every', NULL, 1),
(12, 'bounced', '2026-11-19 06:00:00', NULL, 'form', 9, NULL, 'every', NULL, 1),
(13, 'complained', '2026-11-19 06:00:00', NULL, 'form', 10, NULL, 'every', NULL, 1),
(14, 'active', '2026-10-25 06:00:00', NULL, 'form', 11, NULL, 'every', NULL, 1),
(15, 'active', '2026-10-25 06:00:00', NULL, 'form', 12, NULL, 'weekly', NULL, 1),
(16, 'active', '2026-10-25 06:00:00', NULL, 'form', 13, NULL, 'every', '2099-01-01', 1),
(17, 'active', '2026-10-25 06:00:00', NULL, 'form', 14, NULL, 'every', NULL, 1),
(18, 'active', '2026-10-25 06:00:00', NULL, 'form', 15, NULL, 'every', NULL, 1),
(19, 'active', '2026-10-25 06:00:00', NULL, 'form', 16, NULL, 'every', NULL, 1),
(20, 'pending', '2026-11-23 06:00:00', NULL, 'https://echo.example.com/story', 17, NULL, 'every', NULL, 1),
(21, 'active', '2026-11-22 06:00:00', NULL, 'people.csv', 19, NULL, 'every', NULL, 1),
(22, 'active', '2026-11-22 06:00:00', NULL, 'people.csv', 20, NULL, 'every', NULL, 1),
(23, 'unsubscribed', '2026-11-22 06:00:00', NULL, 'people.csv', 21, NULL, 'every', NULL, 1);
INSERT INTO subscribers_tagged ("id", "subscriber_id", "tag_id", "run_id") VALUES
(1, 1, 1, NULL),
(2, 2, 1, NULL),
(3, 2, 2, NULL);
CREATE INDEX "subscribers_addresschange_address_key_81c5c265" ON "subscribers_addresschange" ("address_key");
CREATE INDEX "subscribers_addresschange_subscriber_id_99fd7044" ON "subscribers_addresschange" ("subscriber_id");
CREATE INDEX "visit_recent" ON "subscribers_visit" ("bucket", "key", "at");
CREATE INDEX "catalog_section_key_28ca797d" ON "catalog_section" ("key");
CREATE INDEX "catalog_section_newsletter_id_4e97bf2d" ON "catalog_section" ("newsletter_id");
CREATE INDEX "accounts_auditentry_at_ca3d189b" ON "accounts_auditentry" ("at");
CREATE INDEX "accounts_auditentry_actor_id_3237b29c" ON "accounts_auditentry" ("actor_id");
CREATE INDEX "accounts_auditentry_newsletter_id_1cd86c5e" ON "accounts_auditentry" ("newsletter_id");
CREATE UNIQUE INDEX "one_role_for_the_house" ON "accounts_role" ("user_id") WHERE "newsletter_id" IS NULL;
CREATE INDEX "accounts_role_newsletter_id_2cac229d" ON "accounts_role" ("newsletter_id");
CREATE INDEX "accounts_role_user_id_a498ef00" ON "accounts_role" ("user_id");
CREATE INDEX "accounts_apitoken_user_id_bbee13e0" ON "accounts_apitoken" ("user_id");
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq" ON "auth_group_permissions" ("group_id", "permission_id");
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e" ON "auth_group_permissions" ("permission_id");
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq" ON "auth_permission" ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE INDEX "axes_accessattempt_user_agent_ad89678b" ON "axes_accessattempt" ("user_agent");
CREATE INDEX "axes_accessattempt_ip_address_10922d9c" ON "axes_accessattempt" ("ip_address");
CREATE INDEX "axes_accessattempt_username_3f2d4ca0" ON "axes_accessattempt" ("username");
CREATE UNIQUE INDEX "axes_accessattempt_username_ip_address_user_agent_8ea22282_uniq" ON "axes_accessattempt" ("username", "ip_address", "user_agent");
CREATE INDEX "axes_accessfailurelog_user_agent_ea145dda" ON "axes_accessfailurelog" ("user_agent");
CREATE INDEX "axes_accessfailurelog_ip_address_2e9f5a7f" ON "axes_accessfailurelog" ("ip_address");
CREATE INDEX "axes_accessfailurelog_username_a8b7e8a4" ON "axes_accessfailurelog" ("username");
CREATE INDEX "axes_accesslog_user_agent_0e659004" ON "axes_accesslog" ("user_agent");
CREATE INDEX "axes_accesslog_ip_address_86b417e5" ON "axes_accesslog" ("ip_address");
CREATE INDEX "axes_accesslog_username_df93064b" ON "axes_accesslog" ("username");
CREATE INDEX "catalog_newsletter_list_id_7f1fb304" ON "catalog_newsletter" ("list_id");
CREATE INDEX "catalog_newsletter_logo_dark_id_dcd46a75" ON "catalog_newsletter" ("logo_dark_id");
CREATE INDEX "catalog_newsletter_logo_light_id_bd96a53c" ON "catalog_newsletter" ("logo_light_id");
CREATE INDEX "catalog_sponsor_newsletter_id_200ccfdc" ON "catalog_sponsor" ("newsletter_id");
CREATE UNIQUE INDEX "entry_once_per_source" ON "curator_article" ("source_id", "entry_key") WHERE NOT ("entry_key" = '');
CREATE INDEX "curator_article_canonical_key_11893ca4" ON "curator_article" ("canonical_key");
CREATE INDEX "curator_article_title_key_85b17968" ON "curator_article" ("title_key");
CREATE INDEX "curator_article_added_at_1c077792" ON "curator_article" ("added_at");
CREATE INDEX "curator_article_picture_id_9b1e0b8d" ON "curator_article" ("picture_id");
CREATE INDEX "curator_article_source_id_ee08a5c6" ON "curator_article" ("source_id");
CREATE INDEX "curator_article_copy_of_id_c26d6c6f" ON "curator_article" ("copy_of_id");
CREATE INDEX "curator_snapshot_edition_id_cda90de9" ON "curator_snapshot" ("edition_id");
CREATE UNIQUE INDEX "one_standing_approval_per_edition" ON "curator_snapshot" ("edition_id") WHERE ("purpose" = 'edition' AND "voided_at" IS NULL);
CREATE INDEX "curator_articlenote_article_id_3a5ce77e" ON "curator_articlenote" ("article_id");
CREATE INDEX "curator_correction_carried_in_id_a81fc0ce" ON "curator_correction" ("carried_in_id");
CREATE INDEX "curator_correction_edition_id_8430e8c3" ON "curator_correction" ("edition_id");
CREATE INDEX "curator_correction_pick_id_2e96ab22" ON "curator_correction" ("pick_id");
CREATE INDEX "curator_look_next_at_2604e276" ON "curator_look" ("next_at");
CREATE INDEX "curator_article_story_id_efa9e5e1" ON "curator_article" ("story_id");
CREATE INDEX "curator_articletag_name_42a948ce" ON "curator_articletag" ("name");
CREATE INDEX "curator_articletag_article_id_2ef726dc" ON "curator_articletag" ("article_id");
CREATE INDEX "curator_override_edition_id_ea9bfcdd" ON "curator_override" ("edition_id");
CREATE INDEX "curator_rule_section_959011f9" ON "curator_rule" ("section");
CREATE INDEX "curator_rule_newsletter_id_341cc30f" ON "curator_rule" ("newsletter_id");
CREATE INDEX "curator_rule_source_id_7a04f08d" ON "curator_rule" ("source_id");
CREATE UNIQUE INDEX "one_rule_per_phrase" ON "curator_rule" ("newsletter_id", "phrase") WHERE NOT ("phrase" = '');
CREATE INDEX "curator_linklook_next_at_a1e2be2e" ON "curator_linklook" ("next_at");
CREATE INDEX "curator_edition_newsletter_id_3cde46cc" ON "curator_edition" ("newsletter_id");
CREATE INDEX "curator_pick_section_384a4fc3" ON "curator_pick" ("section");
CREATE INDEX "curator_pick_article_id_988270ed" ON "curator_pick" ("article_id");
CREATE INDEX "curator_pick_edition_id_43891d54" ON "curator_pick" ("edition_id");
CREATE INDEX "curator_pick_picture_id_cd71dc7c" ON "curator_pick" ("picture_id");
CREATE INDEX "curator_box_edition_id_aa5eb27c" ON "curator_box" ("edition_id");
CREATE INDEX "curator_snapshotvariant_snapshot_id_2a570165" ON "curator_snapshotvariant" ("snapshot_id");
CREATE INDEX "scheduler_schedule_newsletter_id_5e3803d8" ON "scheduler_schedule" ("newsletter_id");
CREATE INDEX "scheduler_occurrence_instant_0fd474e0" ON "scheduler_occurrence" ("instant");
CREATE INDEX "scheduler_occurrence_edition_id_9762c5ea" ON "scheduler_occurrence" ("edition_id");
CREATE INDEX "scheduler_occurrence_newsletter_id_1836302c" ON "scheduler_occurrence" ("newsletter_id");
CREATE INDEX "scheduler_occurrence_schedule_id_b2d4cd41" ON "scheduler_occurrence" ("schedule_id");
CREATE INDEX "scheduler_skip_schedule_id_fdaa0d88" ON "scheduler_skip" ("schedule_id");
CREATE INDEX "delivery_incident_batch_id_b2e2a3dc" ON "delivery_incident" ("batch_id");
CREATE INDEX "delivery_incident_subscriber_id_c3d850a1" ON "delivery_incident" ("subscriber_id");
CREATE INDEX "delivery_incident_mailing_id_1ec64bbd" ON "delivery_incident" ("mailing_id");
CREATE INDEX "delivery_exclusion_mailing_id_2d75ef91" ON "delivery_exclusion" ("mailing_id");
CREATE INDEX "incident_kind" ON "delivery_incident" ("mailing_id", "kind");
CREATE INDEX "exclusion_members" ON "delivery_exclusion" ("first_id", "last_id");
CREATE INDEX "delivery_post_received_at_b7e78b14" ON "delivery_post" ("received_at");
CREATE INDEX "delivery_seenevent_at_485945b0" ON "delivery_seenevent" ("at");
CREATE UNIQUE INDEX "house_alarm_once" ON "delivery_alarm" ("message") WHERE "mailing_id" IS NULL;
CREATE INDEX "delivery_alarm_mailing_id_24558a2f" ON "delivery_alarm" ("mailing_id");
CREATE INDEX "delivery_pickclicks_mailing_id_a30e1e12" ON "delivery_pickclicks" ("mailing_id");
CREATE INDEX "delivery_directory_mailing_id_b5fdd301" ON "delivery_directory" ("mailing_id");
CREATE INDEX "directory_of_person" ON "delivery_directory" ("mailing_id", "first_id");
CREATE INDEX "delivery_batch_mailing_id_91e56e51" ON "delivery_batch" ("mailing_id");
CREATE INDEX "batch_due" ON "delivery_batch" ("state", "due_at");
CREATE INDEX "batch_members" ON "delivery_batch" ("first_id", "last_id");
CREATE INDEX "batch_of_person" ON "delivery_batch" ("mailing_id", "stratum", "first_id");
CREATE UNIQUE INDEX "one_mailing_per_edition" ON "delivery_mailing" ("edition_id") WHERE ("kind" = 'edition' AND NOT ("state" = 'cancelled'));
CREATE INDEX "delivery_mailing_state_a0c163cd" ON "delivery_mailing" ("state");
CREATE INDEX "delivery_mailing_edition_id_66e99a96" ON "delivery_mailing" ("edition_id");
CREATE INDEX "delivery_mailing_list_id_7a425135" ON "delivery_mailing" ("list_id");
CREATE INDEX "delivery_mailing_newsletter_id_996e36c1" ON "delivery_mailing" ("newsletter_id");
CREATE INDEX "delivery_mailing_snapshot_id_226bcd7c" ON "delivery_mailing" ("snapshot_id");
CREATE INDEX "jobs_pulse_beat_at_3622a8c9" ON "jobs_pulse" ("beat_at");
CREATE INDEX "otp_static_statictoken_token_d0a51866" ON "otp_static_statictoken" ("token");
CREATE INDEX "otp_static_statictoken_device_id_74b7c7d1" ON "otp_static_statictoken" ("device_id");
CREATE INDEX "otp_static_staticdevice_user_id_7f9cff2b" ON "otp_static_staticdevice" ("user_id");
CREATE INDEX "otp_totp_totpdevice_user_id_0fb18292" ON "otp_totp_totpdevice" ("user_id");
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
CREATE INDEX "subscribers_attempt_at_6357dfe7" ON "subscribers_attempt" ("at");
CREATE INDEX "subscriber_soft_bounced" ON "subscribers_subscriber" ("id") WHERE "soft_bounces" > 0;
CREATE INDEX "subscribers_suppression_expires_at_e93be09e" ON "subscribers_suppression" ("expires_at");
CREATE INDEX "subscribers_owedmail_state_d8b52c14" ON "subscribers_owedmail" ("state");
CREATE INDEX "subscribers_owedmail_list_id_52c438dc" ON "subscribers_owedmail" ("list_id");
CREATE INDEX "subscribers_owedmail_subscriber_id_351adcae" ON "subscribers_owedmail" ("subscriber_id");
CREATE INDEX "subscriber_not_free" ON "subscribers_subscriber" ("tier", "id") WHERE NOT ("tier" = 'free');
CREATE INDEX "subscribers_addresswish_subscriber_id_5f8c3fb6" ON "subscribers_addresswish" ("subscriber_id");
CREATE INDEX "subscribers_import_state_700c2be4" ON "subscribers_import" ("state");
CREATE INDEX "subscribers_import_list_id_c165e67f" ON "subscribers_import" ("list_id");
CREATE INDEX "subscribers_suppression_run_id_51df1bd6" ON "subscribers_suppression" ("run_id");
CREATE INDEX "subscribers_importedchange_run_id_f486ee9b" ON "subscribers_importedchange" ("run_id");
CREATE INDEX "subscribers_importedchange_subscriber_id_d9400d71" ON "subscribers_importedchange" ("subscriber_id");
CREATE INDEX "subscribers_consent_at_08c61d30" ON "subscribers_consent" ("at");
CREATE INDEX "subscribers_consent_subscriber_id_94c8f855" ON "subscribers_consent" ("subscriber_id");
CREATE INDEX "consent_of_import" ON "subscribers_consent" ("run_id", "subscriber_id") WHERE "run_id" IS NOT NULL;
CREATE INDEX "subscribers_subscription_subscriber_id_cb6308c8" ON "subscribers_subscription" ("subscriber_id");
CREATE INDEX "subscription_silent" ON "subscribers_subscription" ("list_id", "subscriber_id") WHERE NOT ("state" = 'active');
CREATE INDEX "subscription_members" ON "subscribers_subscription" ("list_id", "state", "subscriber_id");
CREATE INDEX "subscribers_tagged_subscriber_id_12af09a3" ON "subscribers_tagged" ("subscriber_id");
CREATE INDEX "tagged_by_import" ON "subscribers_tagged" ("run_id") WHERE "run_id" IS NOT NULL;
UPDATE subscribers_subscription SET confirmed_at = '2026-10-25 06:00:00' WHERE subscriber_id IN (1, 2) AND list_id = 1;
