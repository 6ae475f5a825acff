"""Tables as programs and people write them: each holds the same twelve rows, or is to be refused."""
import random

random.seed(4)
AXES = [[1.2, -.25, .04, -.05], [-.04, .97, -.2, -.02], [-.08, .33, 1.02, -.03]]
ROWS = [[round(x + random.uniform(-.1, .1), 3) for x in AXES[i % 3]] for i in range(12)]
FILES = []


def put(name, head, row, end="\n"):
    with open(name, "w", newline="") as f:
        f.write(head + end if head else "")
        for i, r in enumerate(ROWS):
            f.write(row(i, r) + end)
    FILES.append(name)


def join(r, sep=","):
    return sep.join(map(str, r))


def write():
    put("pandas_idx.csv",",text,label,0,1,2,3",lambda i,r:"%d,t%d,%d,%s"%(i,i,i%2,join(r)))
    put("unnamed0.csv","Unnamed: 0,text,e0,e1,e2,e3",lambda i,r:"%d,t%d,%s"%(i,i,join(r)))
    put("label_last.csv","e0,e1,e2,e3,label",lambda i,r:"%s,%d"%(join(r),i%2))
    put("label_first.csv","label,e0,e1,e2,e3",lambda i,r:"%d,%s"%(i%2,join(r)))
    put("iris.csv","a_len,a_wid,b_len,b_wid,species",lambda i,r:"%s,s%d"%(join(r),i%2))
    put("headless_label.csv","",lambda i,r:"%s,%d"%(join(r),i%2))
    put("headless_idx.csv","",lambda i,r:"%d,%s"%(i,join(r)))
    put("headless.csv","",lambda i,r:join(r))
    put("year.csv","id,year,dim_1,dim_2,dim_3,dim_4,count",lambda i,r:"d%d,%d,%s,%d"%(i,2000+i,join(r),i*7))
    put("V.csv","V1,V2,V3,V4",lambda i,r:join(r))
    put('Vr.csv','"","V1","V2","V3","V4"',lambda i,r:'"%d",%s'%(i+1,join(r)))
    put('rtable.csv','"V1","V2","V3","V4"',lambda i,r:'"%d",%s'%(i+1,join(r)))
    put("shuf.csv","e2,text,e0,cluster,e3,e1",lambda i,r:"%s,t%d,%s,%d,%s,%s"%(r[2],i,r[0],i%5,r[3],r[1]))
    put('upper.csv','ID,Title,Embedding',lambda i,r:'%d,T%d,"[%s]"'%(i,i,join(r,', ')))
    put("two_runs.csv","text,e0,e1,e2,e3,umap_0,umap_1",lambda i,r:"t%d,%s,%s,%s"%(i,join(r),i*.5,i*.25))
    put("score2.csv","text,e0,e1,e2,e3,score1,score2",lambda i,r:"t%d,%s,%s,%s"%(i,join(r),i*.5,i*.25))
    put("euro.csv","text;e0;e1;e2;e3",lambda i,r:"t%d;%s"%(i,";".join(str(x).replace(".",",") for x in r)))
    put('tabquote.tsv','text\tembedding',lambda i,r:'"line%d\nbreak"\t[%s]'%(i,join(r)))
    put("spaces.txt","",lambda i,r:" ".join("%.18e"%x for x in r))
    put("hash.txt","# e0 e1 e2 e3",lambda i,r:" ".join("%.6f"%x for x in r))
    put("aligned.txt","",lambda i,r:"  ".join("%9.4f"%x for x in r))
    put("ft.txt","",lambda i,r:" ".join("%.5g"%x for x in r)+" ")
    put("bracketed.txt","",lambda i,r:"[%s]"%" ".join(map(str,r)))
    put("dupheader.csv","text,e0,e0,e1,e2",lambda i,r:"t%d,%s"%(i,join(r)))
    put("crlf.csv","text,e0,e1,e2,e3",lambda i,r:"t%d,%s"%(i,join(r)),end="\r\n")
    put('quotednum.csv','"text","e0","e1","e2","e3"',lambda i,r:'"t%d",%s'%(i,','.join('"%s"'%x for x in r)))
    put("pgarr.tsv","",lambda i,r:"%d\t{%s}"%(i,join(r)))
    put('mixednull.csv','id,embedding',lambda i,r:'%d,%s'%(i,'"[%s]"'%join(r) if i!=5 else 'NULL'))
    put('np_comma.csv','text,embedding',lambda i,r:'t%d,"array([%s])"'%(i,join(r,', ')))
    put('tensor.csv','text,embedding',lambda i,r:'t%d,"tensor([%s])"'%(i,join(r,', ')))
    put('json_in_tsv.tsv','id\tmeta\tvec',lambda i,r:'%d\t{"a": 1}\t[%s]'%(i,join(r)))
    put("fourcols.csv","doc,lat,lon,pop",lambda i,r:"d%d,%s,%s,%d"%(i,r[0],r[1],i*1000))
    put("dims3.csv","name,x,y,z",lambda i,r:"n%d,%s"%(i,join(r[:3])))
    put("onedim.csv","name,value",lambda i,r:"n%d,%s"%(i,r[0]))
    print(*FILES)
