This is no MARC file.
It is read all the same.
