/* The stop words of English and Vietnamese: function words, and little else, so that no topic loses its name. Left
 * out on purpose are nouns however frequent, Vietnamese words that English reads otherwise (ai, hay), and syllables
 * that are function words alone but stand in many nouns (sự kiện, thế giới, địa chỉ, việc làm, dân số). An apostrophe
 * joins two words: "don't" is the phrase "don t", so that Don keeps his name. */
#include "text/stops.h"

static const char english[] =
    "a|about|above|across|after|again|against|ago|all|almost|along|already|also|although|always|am|among|amongst|an|"
    "and|another|any|anybody|anyhow|anyone|anything|anyway|anywhere|are|aren|around|as|at|away|be|became|because|"
    "become|becomes|becoming|been|before|beforehand|behind|being|below|beside|besides|between|beyond|both|but|by|can|"
    "can't|cannot|could|couldn|did|didn|do|does|doesn|doing|don't|done|down|during|each|eg|either|else|elsewhere|"
    "enough|etc|even|ever|every|everybody|everyone|everything|everywhere|except|few|for|from|further|furthermore|get|"
    "gets|getting|give|given|gives|go|goes|going|got|had|hadn|has|hasn|have|haven|having|he|hence|her|here|hereby|"
    "herein|hers|herself|him|himself|his|how|however|i|ie|if|in|indeed|instead|into|is|isn|it|its|itself|just|least|"
    "less|let|like|ll|made|make|makes|making|many|may|maybe|me|meanwhile|might|mightn|mine|more|moreover|most|mostly|"
    "much|must|mustn|my|myself|namely|need|needn|neither|never|nevertheless|next|no|nobody|none|nonetheless|nor|not|"
    "nothing|now|nowhere|of|off|often|on|once|one|ones|only|onto|or|other|others|otherwise|our|ours|ourselves|out|over|"
    "own|per|perhaps|please|quite|rather|re|really|same|say|says|said|see|seem|seemed|seeming|seems|several|shall|"
    "shan't|she|should|shouldn|since|so|some|somebody|somehow|someone|something|sometime|sometimes|somewhere|still|"
    "such|take|than|that|the|their|theirs|them|themselves|then|thence|there|thereafter|thereby|therefore|therein|these|"
    "they|this|those|though|through|throughout|thru|thus|to|together|too|toward|towards|under|unless|until|up|upon|us|"
    "use|used|uses|using|ve|very|via|was|wasn|we|were|weren|what|whatever|when|whence|whenever|where|whereas|whereby|"
    "wherein|wherever|whether|which|whichever|while|whilst|whither|who|whoever|whole|whom|whose|why|will|with|within|"
    "without|won't|would|wouldn|yes|yet|you|your|yours|yourself|yourselves|"
    "according to|as well as|due to|in order to|such as";

static const char vietnamese[] =
    "à|ạ|bị|bởi|các|càng|cái|cho|chưa|chúng|chứ|có|còn|cũng|của|cùng|do|đã|đang|đây|đấy|để|đến|đều|đó|được|dù|"
    "gì|hoặc|hơn|khi|không|là|lại|lên|lúc|mà|mình|mỗi|một|nào|này|nên|nếu|nếu như|ngay|nhưng|như|những|nó|nơi|nữa|ở|"
    "phải|qua|ra|rằng|rất|rồi|sau|sẽ|tại|thì|theo|thêm|tôi|tới|trên|trong|trước|từ|từng|tuy|và|vẫn|vào|vậy|về|vì|"
    "với|vừa|xuống|"
    "ai đó|bao giờ|bao gồm|bao nhiêu|bấy giờ|bất cứ|bất kể|bất kỳ|bên cạnh|bên cạnh đó|biết bao|bởi thế|bởi vậy|bởi vì|"
    "các bạn|cách đây|cái gì|cái này|cho biết|cho dù|cho đến|cho nên|cho rằng|cho thấy|chẳng hạn|chỉ có|chính là|"
    "chúng ta|chúng tôi|có lẽ|có thể|còn lại|cuối cùng|cũng như|cũng vậy|của họ|dần dần|dù sao|do đó|do vậy|dưới đây|"
    "đã từng|đặc biệt|đâu đó|để cho|đến nay|đến nỗi|điều đó|điều này|đối với|đó là|đồng thời|gần đây|gần như|giữa|"
    "hay là|hầu hết|hiện nay|hiện tại|hoàn toàn|hơn nữa|khá là|khác nhau|khi đó|khi mà|không chỉ|không có|không những|"
    "không phải|không thể|kể cả|kể từ|là do|lại còn|lần lượt|liên quan|mặc dù|mặt khác|mặc dầu|một cách|một số|một vài|"
    "mọi người|mới đây|nếu không|ngay cả|ngay khi|ngày nay|ngoài ra|nghĩa là|nhất là|nhằm|như là|như sau|như thế|"
    "như vậy|nhờ|nhưng mà|những gì|nói chung|nói riêng|nói về|phía|qua đó|quá|rất nhiều|sau đây|sau đó|sau khi|"
    "so với|sở dĩ|suốt|tất cả|thay vì|theo đó|thật ra|thậm chí|thế là|thế nào|thế nên|thì ra|thực ra|thực sự|thường|"
    "thuộc|toàn bộ|trong đó|trong khi|trở nên|trở thành|trước đây|trước đó|trước khi|tuy nhiên|tuy rằng|từ đó|"
    "tự mình|vào lúc|vậy là|vậy mà|ví dụ|vì sao|vì thế|vì vậy|về việc|vô cùng|với nhau|xung quanh";

const struct kc_stop_list kc_stop_lists[] = {{"en", english}, {"vi", vietnamese}, {NULL, NULL}};
