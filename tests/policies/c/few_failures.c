/* A promotion policy without our SDK: the bindings that wit-bindgen makes for C from policies/wit/policy.wit, and
   nothing else. Promotes a canary of whose requests at most `limit` (a share) failed, of at least 1000. */
#include "policy.h"
#include <stdlib.h>
#include <string.h>

#define OF(name) exports_serinus_policy_promotion_##name

static const char LIMIT[] = "limit";
static const double DEFAULT_LIMIT = 0.01;
static const uint64_t NEEDED = 1000;

static bool is(const policy_string_t *text, const char *name) {
  size_t size = strlen(name);
  if (text->len != size) return false;
  for (size_t i = 0; i < size; i++)
    if (text->ptr[i] != (uint8_t)name[i]) return false;
  return true;
}

static bool is_share(const OF(param_value_t) * value) {
  return value->tag == EXPORTS_SERINUS_POLICY_PROMOTION_PARAM_VALUE_NUMBER && value->val.number >= 0 &&
         value->val.number <= 1;
}

void OF(describe)(OF(about_t) * about) {
  policy_string_dup(&about->name, "few-failures");
  policy_string_dup(&about->version, "1.0.0");
  policy_string_dup(&about->description, "promotes a canary that rarely fails");
  OF(param_about_t) *limit = malloc(sizeof *limit);
  policy_string_dup(&limit->name, LIMIT);
  policy_string_dup(&limit->description, "the share of requests that may fail");
  limit->default_.is_some = true;
  limit->default_.val.tag = EXPORTS_SERINUS_POLICY_PROMOTION_PARAM_VALUE_NUMBER;
  limit->default_.val.val.number = DEFAULT_LIMIT;
  about->params.ptr = limit;
  about->params.len = 1;
}

bool OF(validate)(OF(list_param_t) * params, policy_list_string_t *mistakes) {
  mistakes->ptr = malloc(params->len * sizeof *mistakes->ptr);
  mistakes->len = 0;
  for (size_t i = 0; i < params->len; i++) {
    const OF(param_t) *param = &params->ptr[i];
    if (!is(&param->name, LIMIT))
      policy_string_dup(&mistakes->ptr[mistakes->len++], "only `limit` is known");
    else if (!is_share(&param->value))
      policy_string_dup(&mistakes->ptr[mistakes->len++], "`limit` should be a number from 0 to 1");
  }
  return mistakes->len == 0;
}

static double limit_of(const OF(snapshot_t) * snapshot) {
  for (size_t i = 0; i < snapshot->params.len; i++) {
    const OF(param_t) *param = &snapshot->params.ptr[i];
    if (is(&param->name, LIMIT) && is_share(&param->value)) return param->value.val.number;
  }
  return DEFAULT_LIMIT;
}

static void say(OF(decision_t) * decision, OF(cohort_verdict_t) verdict, const char *reason) {
  decision->verdict = verdict;
  policy_string_dup(&decision->reason, reason);
}

void OF(evaluate)(OF(snapshot_t) * snapshot, OF(decision_t) * decision) {
  *decision = (OF(decision_t)){0};
  if (snapshot->windows.len == 0 || snapshot->windows.ptr[0].canary.requests < NEEDED) {
    say(decision, EXPORTS_SERINUS_POLICY_PROMOTION_COHORT_VERDICT_HOLD, "too few requests");
    return;
  }
  const OF(arm_t) *canary = &snapshot->windows.ptr[0].canary;
  double rate = (double)canary->failures / (double)canary->requests;
  double limit = limit_of(snapshot);
  if (rate <= limit)
    say(decision, EXPORTS_SERINUS_POLICY_PROMOTION_COHORT_VERDICT_PROMOTE, "few requests fail");
  else
    say(decision, EXPORTS_SERINUS_POLICY_PROMOTION_COHORT_VERDICT_HOLD, "too many requests fail");
  OF(evidence_t) *evidence = malloc(sizeof *evidence);
  policy_string_dup(&evidence->name, "failure rate");
  evidence->value = rate;
  evidence->threshold.is_some = true;
  evidence->threshold.val = limit;
  decision->evidence.ptr = evidence;
  decision->evidence.len = 1;
}
