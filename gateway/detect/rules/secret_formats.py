"""Rules for credentials in the formats of the services that issue them. To add a format, add a row.

Prefixes, alphabets and lengths are those of the services' own documentation and of their pages for secret scanners;
where lengths have changed, the bounds are wide. No pattern is taken from another scanner. A row is the detector's name, a
literal that must be in the lower-cased text for the pattern to run, and the pattern.
"""

import re
from collections.abc import Iterator
from typing import Final

from gateway.detect.base import CERTAIN, Span
from gateway.detect.rules.rule import PreparedText, Rule

# Each pattern gets both: no key begins or ends inside a longer word, such as a hash or a base64 block.
_START: Final = r"(?<![A-Za-z0-9])"
_END: Final = r"(?![A-Za-z0-9_-])"

_KEYS: Final = r"""
aws-access-key            akia            AKIA[A-Z2-7]{16}
aws-temporary-key         asia            ASIA[A-Z2-7]{16}
aws-bearer-key            abia            ABIA[A-Z2-7]{16}
aws-context-key           acca            ACCA[A-Z2-7]{16}
aws-bedrock-key           absk            ABSK[A-Za-z0-9+/]{109,269}={0,2}
alibaba-key               ltai            LTAI[A-Za-z0-9]{12,24}
tencent-key               akid            AKID[A-Za-z0-9]{32}
github-token              gh              gh[pousr]_[A-Za-z0-9]{36,251}
github-fine-grained       github_pat_     github_pat_[A-Za-z0-9_]{22,255}
gitlab-token              gl              gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt|ffct)-[A-Za-z0-9_.-]{20,300}
gitlab-runner             gr1348941       GR1348941[A-Za-z0-9_-]{20}
bitbucket-password        atbb            ATBB[A-Za-z0-9]{32}
atlassian-token           atatt3          ATATT3[A-Za-z0-9_=-]{60,220}
atlassian-connect         atctt3          ATCTT3[A-Za-z0-9_=-]{60,220}
slack-token               xox             xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,250}
slack-app-token           xapp-           xapp-[0-9]-[A-Za-z0-9-]{20,250}
stripe-key                k_              [sr]k_(?:live_|test_|prod_)?[A-Za-z0-9]{16,247}
stripe-webhook            whsec_          whsec_[A-Za-z0-9+/]{16,247}={0,2}
anthropic-key             sk-ant-         sk-ant-[A-Za-z0-9_-]{16,200}
openrouter-key            sk-or-          sk-or-v1-[0-9a-f]{64}
openai-key                sk-             sk-(?:proj-|svcacct-|admin-|None-)?(?=[A-Za-z_-]{0,80}[0-9])[A-Za-z0-9_-]{20,220}
langsmith-key             lsv2_           lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}
groq-key                  gsk_            gsk_[A-Za-z0-9]{48,56}
xai-key                   xai-            xai-[A-Za-z0-9]{70,90}
perplexity-key            pplx-           pplx-[A-Za-z0-9]{40,60}
replicate-token           r8_             r8_[A-Za-z0-9]{37}
pinecone-key              pcsk_           pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{40,80}
google-key                aiza            AIza[A-Za-z0-9_-]{35}
google-oauth-token        ya29.           ya29\.[A-Za-z0-9_-]{20,1024}
google-oauth-secret       gocspx-         GOCSPX-[A-Za-z0-9_-]{24,32}
huggingface-token         hf_             hf_[A-Za-z0-9]{30,40}
huggingface-org           api_org_        api_org_[A-Za-z0-9]{30,40}
npm-token                 npm_            npm_[A-Za-z0-9]{36}
pypi-token                pypi-           pypi-[A-Za-z0-9_-]{50,250}
rubygems-key              rubygems_       rubygems_[0-9a-f]{48}
crates-token              cio             cio[A-Za-z0-9]{32}
nuget-key                 oy2             oy2[a-z0-9]{43}
clojars-token             clojars_        CLOJARS_[a-z0-9]{60}
docker-token              dckr_           dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,36}
digitalocean-token        _v1_            do[opr]_v1_[0-9a-f]{64}
databricks-token          dapi            dapi[0-9a-f]{32}(?:-[0-9])?
heroku-key                hrku-           HRKU-(?:AA[A-Za-z0-9_-]{50,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})
linear-key                lin_            lin_(?:api|oauth)_[A-Za-z0-9]{40,64}
notion-secret             secret_         secret_[A-Za-z0-9]{43}
notion-token              ntn_            ntn_[A-Za-z0-9]{40,50}
postman-key               pmak-           PMAK-[0-9a-f]{24}-[0-9a-f]{34}
pulumi-token              pul-            pul-[0-9a-f]{40}
sentry-org                sntrys_         sntrys_[A-Za-z0-9+/=_]{40,400}
sentry-user               sntryu_         sntryu_[0-9a-f]{64}
terraform-token           .atlasv1.       [A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}
vault-token               hv              hv[sbr]\.[A-Za-z0-9_-]{24,300}
grafana-service           glsa_           glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}
grafana-cloud             glc_            glc_[A-Za-z0-9+/]{32,400}={0,2}
newrelic-user             nrak-           NRAK-[A-Z0-9]{27}
newrelic-insert           nrii-           NRII-[A-Za-z0-9_-]{32}
newrelic-browser          nrjs-           NRJS-[0-9a-f]{19}
dynatrace-token           dt0             dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}
doppler-token             dp.             dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}
planetscale-token         pscale_         pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{32,64}
supabase-token            sbp_            sbp_[0-9a-f]{40}
supabase-secret           sb_secret_      sb_secret_[A-Za-z0-9_-]{20,60}
netlify-token             nfp_            nfp_[A-Za-z0-9]{36,44}
fly-token                 fm              fm[12][ar]?_[A-Za-z0-9+/]{60,800}={0,2}
fly-access                fo1_            fo1_[A-Za-z0-9_-]{43}
cloudflare-origin         v1.0-           v1\.0-[0-9a-f]{24}-[0-9a-f]{146}
tailscale-key             tskey-          tskey-(?:[a-z]{2,12}-)?[A-Za-z0-9]{8,24}(?:CNTRL)?-[A-Za-z0-9]{16,48}
sendgrid-key              sg.             SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}
brevo-key                 xkeysib-        xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}
mailgun-key               key-            key-[0-9a-f]{32}
mailchimp-key             -us             [0-9a-f]{32}-us[0-9]{1,2}
resend-key                re_             re_(?=[A-Za-z_]{0,12}[0-9])[A-Za-z0-9]{8}_[A-Za-z0-9]{24}
twilio-key                sk              SK[0-9a-f]{32}
telegram-bot              :aa             [0-9]{8,10}:AA[A-Za-z0-9_-]{33}
discord-bot               .               [MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}
square-token              sq0             sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,43}
square-access             eaaa            EAAA[A-Za-z0-9_-]{60}
facebook-token            eaa             EAA[A-Za-z0-9]{80,250}
shopify-token             shp             shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}
paypal-braintree          access_token$   access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}
plaid-token               access-         access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
flutterwave-key           flwseck         FLWSECK(?:_TEST)?-[0-9a-z]{12,32}(?:-X)?
easypost-key              ez              EZ[AT]K[A-Za-z0-9]{54}
shippo-token              shippo_         shippo_(?:live|test)_[0-9a-f]{40}
duffel-token              duffel_         duffel_(?:live|test)_[A-Za-z0-9_-]{43}
figma-token               fig             fig[dour]_[A-Za-z0-9_-]{36,52}
airtable-token            pat             pat[A-Za-z0-9]{14}\.[0-9a-f]{64}
contentful-token          cfpat-          CFPAT-[A-Za-z0-9_-]{43}
typeform-token            tfp_            tfp_[A-Za-z0-9_.-]{44,60}
readme-key                rdme_           rdme_[a-z0-9]{70}
prefect-key               pn              pn[ub]_[A-Za-z0-9]{36}
sourcegraph-token         sgp_            sgp_(?:[A-Za-z0-9]{16}_|local_)?[0-9a-f]{40}
sonar-token               sq              sq[pua]_[0-9a-f]{40}
buildkite-token           bk              bk(?:ua|at|aj)_[0-9a-f]{40}
circleci-token            ccip            CCIP(?:AT|RJ)_[A-Za-z0-9]{20,24}_[0-9a-f]{40}
artifactory-key           akcp            AKCp[A-Za-z0-9]{60,80}
octopus-key               api-            API-(?=[A-Z]{0,30}[0-9])[A-Z0-9]{26,32}
wakatime-key              waka_           waka_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
onepassword-service       ops_eyj         ops_eyJ[A-Za-z0-9+/_-]{200,1200}={0,2}
onepassword-secret        a3-             A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}
age-secret                age-secret      AGE-SECRET-KEY-1[A-Z0-9]{58}
adobe-secret              p8e-            p8e-[A-Za-z0-9_-]{32}
azure-client-secret       q~              [A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}
azure-devops              azdo            [A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}
azure-storage             accountkey=     (?<=AccountKey=)[A-Za-z0-9+/]{86}==
azure-search              azse            [A-Za-z0-9]{42}AzSe[A-Za-z0-9]{6}
yandex-key                aqvn            AQVN[A-Za-z0-9_-]{35,38}
deno-token                dd              dd[pow]_[A-Za-z0-9]{36}
adafruit-key              aio_            aio_[A-Za-z0-9]{28}
infracost-key             ico-            ico-[A-Za-z0-9]{32}
frameio-token             fio-u-          fio-u-[A-Za-z0-9_=-]{64}
scalingo-token            tk-us-          tk-us-[A-Za-z0-9_-]{48}
twitter-bearer            aaaaaaaa        A{20,24}[A-Za-z0-9%+/]{60,120}
mapbox-secret             sk.eyj          sk\.eyJ[A-Za-z0-9_-]{40,300}\.[A-Za-z0-9_-]{16,40}
slack-webhook             hooks.slack     hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9_+/-]{30,120}
discord-webhook           /webhooks/      discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/[0-9]{15,20}/[A-Za-z0-9_-]{60,72}
teams-webhook             webhook.office  [a-z0-9.-]{1,40}webhook\.office\.com/webhookb2/[A-Za-z0-9@/-]{80,300}
"""

_TOKENS: Final = r"""
jwt                       eyj             eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,6000}(?:\.[A-Za-z0-9_-]{0,2000})?
jwe                       eyj             eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{0,2000}\.[A-Za-z0-9_-]{8,64}\.[A-Za-z0-9_-]{8,6000}\.[A-Za-z0-9_-]{16,64}
"""


def _rules(table: str, entity: str) -> tuple[Rule, ...]:
    # No pattern holds white space, so a row has three columns.
    rows = (line.split() for line in table.split("\n") if line)
    return tuple(
        Rule(
            name=name,
            entity=entity,
            pattern=re.compile(_START + pattern + _END),
            score=CERTAIN,
            literals=(literal,),
        )
        for name, literal, pattern in rows
    )


# In the order of the table where two patterns match: an Anthropic key (sk-ant-…) also has the form of OpenAI's (sk-…).
RULES: Final = (*_rules(_KEYS, "SECRET_API_KEY"), *_rules(_TOKENS, "SECRET_TOKEN"))
ENTITIES: Final = frozenset(rule.entity for rule in RULES)
_BY_LITERAL: Final = tuple((rule.literals[0], rule) for rule in RULES)
_LONG: Final = re.compile(r"[A-Za-z0-9+/=_.~$:%@-][A-Za-z0-9+/=_.~$:%@-]{14}")
"""No format is shorter than 15 characters: a text without such a run has no credential."""


def credentials(prepared: PreparedText) -> Iterator[Span]:
    """Credentials in a vendor's format. One search for a long run spares most texts the look-ups of every format."""
    if _LONG.search(prepared.text):
        for literal, rule in _BY_LITERAL:
            if literal in prepared.lowered:
                yield from rule.find(prepared)
