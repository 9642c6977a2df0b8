-- The root has been there since the catalogue was made, which is now as far as anybody can tell.
UPDATE entry SET modified = {now_ns}, changed = {now_ns}, accessed = {now_ns}, born = {now_ns} WHERE id = 1 AND born = 0;
