#include "files.h"

#include <stdio.h>
#include <string.h>

static struct file *find(struct files *files, const char *name)
{
    for (int i = 0; i < FILES_COUNT; i++)
        if (strcmp(files->all[i].name, name) == 0)
            return &files->all[i];
    return NULL;
}

const struct file *files_find(const struct files *files, const char *name)
{
    for (int i = 0; i < FILES_COUNT && name[0] != '\0'; i++)
        if (strcmp(files->all[i].name, name) == 0)
            return &files->all[i];
    return NULL;
}

bool files_put(struct files *files, const char *name, const uint8_t *bytes, size_t length)
{
    struct file *file = find(files, name);

    if (file == NULL)
        file = find(files, "");
    if (file == NULL || name[0] == '\0' || strlen(name) >= sizeof file->name || length > sizeof file->bytes)
        return false;
    snprintf(file->name, sizeof file->name, "%s", name);
    memcpy(file->bytes, bytes, length);
    file->length = length;
    return true;
}

bool files_remove(struct files *files, const char *name)
{
    struct file *file = name[0] != '\0' ? find(files, name) : NULL;

    if (file == NULL)
        return false;
    memset(file, 0, sizeof *file);
    return true;
}
