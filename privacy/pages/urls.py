"""The pages of privacy."""

from django.urls import path

from privacy.pages import cards, deciding, panel, protection, review, rule_page, rules, scans

urlpatterns = [
    path("scans/", scans.scan_list, name="scans"),
    path("scans/new/", scans.scan_request, name="scan-request"),
    path("scans/<int:pk>/", scans.scan_page, name="scan"),
    path("scans/<int:pk>/progress/", scans.scan_progress, name="scan-progress"),
    path("scans/<int:pk>/stop/", scans.scan_stop, name="scan-stop"),
    path("review/", review.queue, name="review"),
    path("review/cards/<int:pk>/", cards.card, name="review-card"),
    path("review/cards/<int:pk>/confirm/", deciding.confirm, name="review-confirm"),
    path("review/cards/<int:pk>/correct/", deciding.correct, name="review-correct"),
    path("review/cards/<int:pk>/reject/", deciding.reject, name="review-reject"),
    path("review/cards/<int:pk>/agree/", deciding.agree, name="review-agree"),
    path("review/cards/<int:pk>/keep/", deciding.keep, name="review-keep"),
    path("review/<int:pk>/", review.table_findings, name="findings"),
    path("review/<int:pk>/next/", cards.next_card, name="review-next"),
    path("review/<int:pk>/declare/", review.declare, name="review-declare"),
    path("review/<int:pk>/<int:field>/", cards.column, name="column"),
    path("protection/", protection.protection_list, name="protections"),
    path("protection/<int:pk>/", protection.protection_page, name="protection"),
    path("protection/<int:pk>/propose/", protection.propose, name="protection-rules"),
    path("protection/<int:pk>/subject/", protection.subject, name="protection-subject"),
    path("protection/<int:pk>/effect/", protection.effect, name="protection-effect"),
    path("protection/<int:pk>/effect/progress/", protection.effect_progress, name="protection-effect-progress"),
    path("protection/<int:pk>/<int:field>/", rule_page.field_rule, name="field-rule"),
    path("protection/<int:pk>/<int:field>/preview/", rule_page.rule_preview, name="rule-preview"),
    path("rules/", rules.entity_rules, name="rules"),
    path("rules/risk/", rules.risk_rules, name="risk-rules"),
    path("fragments/privacy/<int:pk>/", panel.dataset_panel, name="privacy-dataset-panel"),
]
