-- Access control lists in the text form of nfs4_setfacl, canonical (src/catalogue/acl.h). NULL: none, the mode decides alone.
ALTER TABLE entry ADD COLUMN acl TEXT;
