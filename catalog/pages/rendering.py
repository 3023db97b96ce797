"""Django's forms in the dress of our pages: one template for a form, one for a field."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class PageRenderer(TemplatesSetting):
    """Set as FORM_RENDERER. `{{ form }}` and `{{ form.name.as_field_group }}` are all a template needs."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
