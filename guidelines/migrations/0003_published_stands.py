"""Let the database itself keep what was published as it was read."""

from django.db import migrations

VERSION = """
CREATE FUNCTION guidelines_version_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL
        AND (NEW.guideline_id, NEW.number, NEW.introduction, NEW.published_at)
            IS DISTINCT FROM
            (OLD.guideline_id, OLD.number, OLD.introduction, OLD.published_at)
    THEN
        RAISE EXCEPTION 'a published guideline never changes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_published_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_published_stands BEFORE UPDATE ON guidelines_guidelineversion
    FOR EACH ROW EXECUTE FUNCTION guidelines_version_stands();
"""

# Deleting stays possible: a tenant that leaves takes its guidelines along.
RULE = """
CREATE FUNCTION guidelines_rule_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM guidelines_guidelineversion version
        WHERE version.tenant_id = NEW.tenant_id
            AND version.id = NEW.version_id
            AND version.published_at IS NOT NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'a published guideline never changes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'rule_published_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_published_stands BEFORE INSERT OR UPDATE ON guidelines_rule
    FOR EACH ROW EXECUTE FUNCTION guidelines_rule_stands();
"""


class Migration(migrations.Migration):
    dependencies = [("guidelines", "0002_fence")]

    operations = [
        migrations.RunSQL(
            VERSION,
            "DROP TRIGGER version_published_stands ON guidelines_guidelineversion;"
            "DROP FUNCTION guidelines_version_stands()",
        ),
        migrations.RunSQL(
            RULE,
            "DROP TRIGGER rule_published_stands ON guidelines_rule;"
            "DROP FUNCTION guidelines_rule_stands()",
        ),
    ]
