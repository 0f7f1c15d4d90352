"""What must not change when code is renamed and moved, pinned by literals.

Newsrooms have databases, data folders, mails in inboxes, forms on their sites, scripts, monitors and mail templates of
their own. These tests hold what those rely on, and import next to nothing of ours: they speak to the program by its
commands and addresses, and to the ORM by app label.

- `data/sqlite.sql` and `data/postgres.sql` are a small newsroom as version 0.1.0 left it. It was made by a script that
  called the service functions of 0.1.0 (create, import, pick, approve, send to the outbox, correct, erase …), and the
  ORM for what only time or a provider brings (events, alarms, pages that moved); every table has a row. To keep the
  files small, the html of all frozen mails but one page of the archive was cut down to heading and merge tokens, and
  their hash made to fit. SQLite's file is the whole database but for the search index, which every migration makes;
  PostgreSQL's holds the rows alone, for tables as the migrations of 0.1.0 leave them (`data/migrations.json`). Neither
  is ever made anew: a database of 0.1.0 does not change any more.
- `folder/` is its data folder: pictures, files of imports, one mail of the outbox.
- `data/*.json` are lists of what there was: tables, migrations, commands, JSON keys, segments, names.

Whatever is added to the program later is welcome. What is in these lists stays.
"""
