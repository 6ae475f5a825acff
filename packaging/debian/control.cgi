
Package: kclust-cgi
Architecture: any
Section: httpd
Depends: kclust (= ${binary:Version}),
         lighttpd,
         ${misc:Depends},
         ${shlibs:Depends},
Description: cluster text embeddings as a web service
 kclust.cgi answers HTTP requests by running kclust: clients start a run,
 append records to it, finalize it, and get clusters, labels, reports and
 suggestions as JSON. Models of runs label the records that come later.
 .
 This package runs it as a service of systemd with a web server and a user
 of its own, on port 8765 of the local machine. A configuration for an
 existing lighttpd hands requests on to it.
