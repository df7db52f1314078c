-- SQLite's tables of codes and wallets are laid out afresh; here a row is found through its key as before.
SELECT 1;
