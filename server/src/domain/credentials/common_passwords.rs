//! Words that passwords are often made of: of published lists of breached passwords, in English and German, and of the trade.
//!
//! In the form in which `password_rules` compares: letters alone, in lower case. A list of whole passwords would be no help,
//! because none of the frequent ones has fifteen characters: a password of that length is put together from words of such a list.

/// The words, by the alphabet.
pub(super) const WORDS: &str = "\
    abcabc abcd abcdef abcdefg abcdefgh abigail access admin administrator alexander alexandra \
    amanda america andreas andrew android angel angels anna anthony apfel apple april arschloch \
    arsenal asdf asdfgh asdfghjkl asdfjkl ashley assassin asshole audi august austin austria autumn \
    azerty baby babyboy babygirl bailey banana barbie barcelona baseball basel basketball batman \
    bayern bear beatles beautiful bella benjamin berlin bern bigdaddy bitch black blessed blue blume \
    borussia boston brandon bremen brother buddy bullshit business buster butterfly california \
    camaro canada change changeme charles charlie chelsea cherry chicago chocolate christ christian \
    christus cinderella claudia client clinic coffee cologne company computer contrasena cookie \
    cookies correcthorsebatterystaple corvette counterstrike dallas dance dancer \
    daniel daniela darling database david december default demo dennis deutschland dezember diamond \
    dienstag doctor doktor donald donnerstag dortmund dragon dresden dvorak eagle elizabeth elvis \
    eminem emma engel england example facebook faith falcon familie family father februar february \
    ferrari florian florida flower flowers football fortnite france frankfurt freedom freitag friday \
    frodo fruehling fuck fuckoff fuckyou fussball gamer gaming gandalf garfield geheim george \
    germany ginger gitarre gold golden golf google green guest guitar hacker hallo halo hamburg \
    handsome hannah hannover hardcore harley heaven hello hellokitty herbst hobbit hockey honda \
    honey hope hospital houston hund hunde hunter ichliebedich ilove iloveyou instagram internet \
    iphone ironman jack james januar january jennifer jessica jesus jesuschrist jordan joseph joshua \
    julia july june justin kaffee katze kennwort kevin killer kitty klient klinik koeln lara laura \
    leipzig lena letmein liebe lieben linux lion lisa liverpool login london love lovely loveme \
    loveyou lucky lucy madison maerz maggie magic mama mami manuel marcel march maria marie mario \
    martin master matrix matthew melanie mercedes metallica michael michelle mickey microsoft \
    minecraft minnie mittwoch molly mond monday monkey montag moon motdepasse mother muenchen munich \
    music musik mustang naruto network newyork nicholas nicole ninja nirvana november october \
    oesterreich office oktober oliver orange panther papa papi paris parola passphrase password \
    passwords passwort patient patrick pepper peter phoenix pikachu pirate platinum playboy player \
    pokemon pooh porn porsche practice praxis pretty princess prinzessin psychologie psychology \
    psychotherapie psychotherapy puppy purple pussycat qazwsx qweasd qweasdzxc qwerty qwertyuiop \
    qwertz qwertzuiop rainbow ranger realmadrid refrain regenbogen richard robert roblox rocky root \
    sabine samantha sammy sample samstag samsung samurai sandra sarah saturday schalke schatz \
    schatzi scheisse schmetterling schokolade schweiz sebastian secret secure security september \
    server sexy shadow silver sister slipknot snoopy soccer soldier sommer sonic sonne sonnenschein \
    sonntag sophia sophie spiderman spring star stars startrek starwars stefan stefanie stephan \
    stephanie stern sternchen stuttgart success summer sunday sunshine superman susanne suzuki sweet \
    sweetheart sweetie switzerland system taylor temp temporary tennis test testing texas \
    thequickbrownfox therapeut therapeutin therapie therapist therapy thomas thursday tiger tigger \
    tobias trustno tuesday twitter ubuntu user victoria wachtwoord warcraft wednesday welcome \
    whatever white wien william willkommen windows winnie winter wizard wolf yamaha yellow youtube \
    yxcvbn yxcvbnm zelda zuerich zurich zxcvbn zxcvbnm";
