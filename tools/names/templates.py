"""Sentences, letters, forms and messages with places for names: what people write to assistants and colleagues.

``<full>`` and the like are filled by ``generate``. Written for this project; none is taken from a labelled set.
"""

from typing import Final

SENTENCES: Final = tuple(
    line
    for line in """
<full> called this morning about the invoice.
I spoke with <full> on <date> and <given> promised to call back.
Please forward this to <given> and <given>.
Could you ask <full> whether the contract was signed?
My colleague <full> will join us in <city>.
This is <full> from <company>.
Hi, this is <given>, I can't log in to my account.
Hello, I'm <full> and I want to cancel my order.
I am <given> <family> and I live in <city>.
The patient, <full>, was admitted on <date> with chest pain.
<title> <family> prescribed ibuprofen.
<title> <full> will see you now.
Is <given> around?
Tell <given> I said hi!
thanks <given>, see you tomorrow
<given> and I went to <city> last summer.
We moved from <city> to <city> in <year>.
<full> was born in <city>, <country>.
I was born in <city> but grew up in <country>.
She flew from <city> to <city> via <city>.
Our office in <city> is closed on <date>.
The meeting with <full>, <job> at <company>, is at noon.
<full> (<job>) wrote the report.
According to <full>, sales in <country> fell by <num>%.
<family> scored twice as <city> beat <city> <num>-<num>.
"We did our best," said <full>.
"I love this place," <family> told reporters in <city>.
Songs by <full> are played all over <country>.
The book was written by <full> and edited by <full>.
Have you read the latest novel by <family>?
<full>'s new album is great.
<given>'s car is parked outside.
<family>'s proposal was rejected by <company>.
I think <full> is the best candidate, but <full> has more experience.
Between <given>, <given> and <given>, who is the oldest?
Who is <full>?
What do you know about <full>?
Write a poem about <given>, who lives in <city>.
Write an e-mail to <full> and thank <given> for the gift.
Draft a letter to <full>, <job> of <company>, about the delay.
Summarise the complaint of <full> below.
Translate this for <given>: the train leaves at nine.
Send the parcel to <full>, <addr>.
Please ship the replacement to <addr>.
My new address is <addr>.
My address has changed to <addr>, can you update it?
I live at <addr>.
We are at <addr>, next to the bakery.
The house at <street1> was sold in <year>.
Her home is on <street1> in <city>.
The accident happened at <street1>, <city>.
Our shop moved from <street1> to <street1>.
Meet me at <street1> at <time>.
Deliver it to <street1>, <city> <zip>.
I can't find <street> on the map.
Take a left into <street>, then go straight.
Is there a pharmacy near <city>?
How do I get from <city> to <street1>?
What's the weather like in <city>?
Which hotels in <city>, <country> have a pool?
The branch at <addr> does not answer the phone.
The lease for <addr> ends on <date>.
<full> of <addr> is the owner of the vehicle.
<full>, <addr>, was appointed director.
Billing address: <addr>
Shipping address: <addr>
Address: <addr>
Home address: <addr>
Location: <city>, <country>
City: <city>
Country: <country>
State: <state>
Place of birth: <city>
Name: <full>
Full name: <full>
Customer: <full>
Contact: <full>, <phone>
Patient: <full>, born <date>
Employee: <full> (<num>)
Attendees: <full>, <full>, <full>
Cc: <full>; <full>
From: <full> <<email>>
To: <full>
Signed, <full>
Reviewed by <full> on <date>
Assigned to <given>
First name: <given>
Last name: <family>
Surname: <family>
Emergency contact: <full>, <phone>
Beneficiary: <full>, IBAN <num><num>
Account holder: <full>
Cardholder name <full>, card <card>
Please charge <full>'s card <card>.
The card is under <full>, number <card>.
Call <given> at <phone> or write to <email>.
You can reach <full> at <email>.
My name's <given>, call me on <phone>.
I'm <given>. My number is <phone>.
my name is <given>
My name is <full>.
Hey <given>, are you there?
Dear <given>,
Dear <title> <family>,
Hi <full>,
Good morning <title> <family>, how are you?
Best regards, <full>
Kind regards, <given>
Cheers, <given>
Sincerely, <full>, <job>, <company>
<full> reports to <full>, who reports to <full>.
Approve the leave request of <full> from <date> to <date>.
<full> has joined <company> as <job>.
<company> hired <full> in <city>.
<company> opened an office in <city>.
<company> and <company> will merge in <year>.
I work for <company>.
Ring the <city> office on <phone>.
Visit our <city> branch on <street>.
She studied at the University of <city>.
The <family> novel is better than the film.
I met the <family> twins at school.
<given> birthday: <date>
<given> passport number is <num>
It was founded by three friends: <family>, <family> and <family>.
<given>, <given>, <given> and <given> are in the team.
<given>, could you call me back?
Her maiden name was <family>.
a man of <num> years who lived in <city>
Shares of <company> rose <num> percent in <city>.
The <company> building is in <city>.
Invoice <num> from <company> is overdue.
Did <company> reply?
<given> works at <company> in <city>.
The witness <full> saw <full> leave <street1>.
Judge <family> ruled that <company> must pay.
President <family> visited <country> on <date>.
Senator <family> of <state> voted against it.
Professor <family> teaches at <company>.
Coach <family> blamed the referee.
Captain <full> and his crew landed in <city>.
Inspector <family> questioned <given> for two hours.
Aunt <given> and uncle <given> live in <state>.
My son <given> and my daughter <given> go to school in <city>.
My wife <given> is from <country>.
My brother-in-law <full> lives in <city>, <state>.
Happy birthday <given>!
RT @ <handle> : <full> is in <city> tonight
@<handle> saw you in <city> yesterday
@ <handle> thanks, say hi to <given>
Watching <full> live in <city> #music
Great win by <full> today!! so proud
<full> for president lol
can't believe <given> <family> said that
just landed in <city> :)
Congrats <full> on the new job!
Good luck to <full> and <full> tonight
Listening to <full> - what a voice
Photo: <full> at the airport in <city>
<city>, here we come!
Traffic in <city> is terrible today
Flood warning for <city> and <city>
Breaking: <full> resigns as <job>
Interview with <full>: "no comment"
<full> vs <full>, <time> on TV
via <full>
by <full>
<full> | <job> | <company>
Flights to <country> are cheap now.
I need a visa for <country>.
He is a citizen of <country>.
Parcel <num> is on its way to <city>, <state> <zip>.
Ship to <full>, <street1>, <city>, <state> <zip>, <country>.
The tenant at <street1>, <given>, has not paid.
Registered at <street1>, <city>: <full>
Driver <full> lives at <street1>.
<given>, <num>, from <city>
ticket <num>: user <full> can't print
user <given> reports an error
<given> wants to know if the server is up
ask <given> about the backup
the order was placed by <full>
Meeting notes: <given> to follow up with <given>; <given> out next week.
Best man: <full>. Bride: <full>.
{"name": "<full>", "city": "<city>", "age": <num>}
{"customer": {"firstName": "<given>", "lastName": "<family>"}, "address": "<addr>"}
<num>,<given>,<family>,<street1>,<city>,<country>
name=<full> city=<city> id=<num>
| <full> | <city> | <num> |
<ul>- <full>
INFO login ok for <full> from <city>
Who was <full> and why did <given> leave <city>?
Is <family> a common name in <country>?
The <family> family has lived in <city> for years.
The <family> case was closed in <year>.
A statue of <full> stands in <city>.
<full>, born <date> in <city>, played for <company>.
<family> was one of the best.
<given> loves chocolate, so does <given>.
it's under <given> <family>
The reservation is for <family>, party of <num>.
I'd like to book a table for <given>.
Could you spell that? <family>.
Ms. <family>'s flight from <city> is late.
Did <full> approve it, or was it <family>?
I met <full> at a conference in <city> and we talked about <company>.
<full> <email> <phone>
<full>\\n<job>\\n<company>\\n<addrlines>\\n<phone>
<full>\\n<addrlines>
<full>\\n\\n<addrlines>\\n<phone>-Office
> <full>\\n> <addrlines>
Dear <given>,\\nplease find enclosed the contract.\\nRegards,\\n<full>
Hi <given>\\n\\nAre we still on for <time>?\\n\\n<given>
Name: <full>\\nPhone: <phone>\\nAddress: <addr>
Name: <full>\\nDate of birth: <date>\\nPlace: <city>
To:\\n<full>\\n<company>\\n<addrlines>
""".strip().splitlines()
)

PLAIN: Final = tuple(
    """
What are my options?
How do I reset my password?
Can you explain this error to me?
I would like to change my plan, what do I need to do?
The order has not arrived yet.
Why was I charged twice this month?
Please close my account.
Monday is a bank holiday, so we meet on Tuesday.
The Quarterly Report is due in March.
See the README for Installation and Usage.
Docker, Kubernetes and Python run on Linux.
Open Settings and choose Privacy.
Click Save, then Apply Changes.
Error: Connection Refused
WARNING Disk Usage above 90%
Select * From Orders Where Total > 100
The Product Manager asked for a Status Update.
Thank You for your patience.
Good Morning everyone!
Our Terms of Service changed in January.
Credit Card and Debit Card payments are accepted.
Summarise the text below in three bullet points.
Write a Python function that sorts a list.
I need a new passport, how long does it take?
The Board of Directors approved the Annual Budget.
Total Amount Due: 120.50
Chapter One: Introduction
Windows, Android and iOS are supported.
Bitcoin fell again on Friday.
Happy New Year!
New Message from Customer Support
Marketing, Sales and Finance were invited.
Human Resources will contact you.
Is the Premium Plan worth it?
Order Number, Invoice Date and Due Date are missing.
The Great Depression began in 1929.
Civil War and World War II are in the exam.
I like Italian food and French wine.
Chinese and Japanese are hard to learn.
American English or British English?
Merry Christmas to all of you.
Do Not Reply to this e-mail.
Best Practices for Code Review
Machine Learning and Artificial Intelligence
Let me know if you have any questions.
no worries, take your time
what time does the shop open on Sunday?
""".strip().splitlines()
)

ORDINARY: Final = tuple(
    """
The <noun> was <adj>.
The <adj> <noun> broke again.
We came back by <noun>.
They travelled to <city> by <noun>.
A <adj> <noun> is better than a <adj> <noun>.
a <adj> and <adj> <noun> with ten years of experience
I need a <noun>, a <noun> and a <noun>.
There were <noun>, <noun>, <noun> and more.
It has grown from a <adj> <noun> to a fully <adj> <noun>.
<Noun>:
<Noun>: <num>
<Adj> <Noun>: <num>
<Noun>:\\n<email>
<Noun>, <Noun>, <Noun> & <Noun>
<Noun>, <Noun>, <Noun>\\nBy: <full>
<Adj> <Noun>
<Noun> <Noun>
<work>
"<work>" is on page <num>.
Have you read <work>?
Have you read <work> by <full>?
"<work>" by <full>
Have you seen "<work>" in <city>?
From the album <work> by <full>.
From the film <work> (with <full>).
<full>'s <work> is out now.
<family>'s <work> made me think.
The rhymes in <full>'s <work> are <adj>.
<work> is a <year> <people> <noun> directed by <full>.
<work> is a <adj> <noun> about a <noun>.
<work>: <num> <noun> tips you should know
<title> <family> wrote <work>: <num> ways to <verb>.
The song "<work>" was about a <noun>, and <full> sang it.
<work> won the prize in <year>.
Tonight: <work>, with <full>
The <Noun> Club meets on <date>.
The <Noun> Society of <city> plays in <country>.
the <Adj> <Noun> Association
The <Adj> Council voted.
The <Adj> Union has a treaty on <noun>.
The <Adj> Prince arrived in <city>.
The Royal <Noun> arrived in <city> from <city>.
<company> built the <Noun> <Noun> Centre.
The <Noun> Team and the <Noun> Department agreed.
The <people> <noun> is new.
There is a <adj> <people> restaurant in <city>.
A <people> <noun> was sold in <city>.
the <adj> <noun> of <city>
The band <work> comes from <city>.
<work> played in <city> in <year>.
Producer <full> explained the <noun>.
Singer <given> forgot the <noun>.
my kid <given> lost a <noun>
our neighbour <full> has a <adj> <noun>
<given> bought a <adj> <noun>.
<full> sold the <noun> to <full>.
<given>, the <noun> is <adj>!
The <noun> belongs to <given>.
<given> said: "<Verb> the <noun>!"
<Verb> the <noun> before you <verb> it.
<Verb> <email> to <verb> your <noun>.
<Verb> and <verb>.
Please <verb> my <noun>, it is <adj>.
can you <verb> the <noun> for me?
my <noun> expires soon
I want to <verb> a <adj> <noun>
<noun> and <noun>
How do I <verb> a <noun> without a <noun>?
What is a <noun>?
<Noun> and <Noun> are <adj>.
<Noun> is <adj>, <noun> is not.
I AM A <adj> <noun>!!
<Adj> people <verb>.
<Noun> office: <phone>
""".strip().splitlines()
)
"""Ordinary words in places of names, and names beside them."""

PEOPLES: Final = (
    "French German Italian Spanish Polish Norwegian Swedish Danish Finnish Dutch Belgian Swiss Austrian Czech Russian Greek "
    "Turkish Chinese Japanese Korean Indian Brazilian Mexican American Canadian Australian British English Scottish Irish "
    "Welsh African European Asian Egyptian Nigerian Kenyan Vietnamese Thai Hungarian Portuguese"
).split()
TITLES: Final = ("Mr.", "Mrs.", "Ms.", "Miss", "Dr.", "Mr", "Mrs", "Ms", "Dr", "Prof.", "Sir")
JOBS: Final = (
    "sales manager", "Chief Financial Officer", "CEO", "nurse", "engineer", "Data Analyst", "teacher", "lawyer",
    "accountant", "Head of Marketing", "director", "electrician", "Software Developer", "consultant", "HR manager",
    "Vice President", "secretary", "plumber", "Operations Manager", "mayor", "minister", "CTO", "Team Lead",
)  # fmt: skip
