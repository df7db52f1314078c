// Follows a payment where browsers know no modules, as those before 2018: loads the page again after a while. They read
// nothing newer than ES5.

(function () {
  'use strict';
  var followed = document.querySelector('[data-next]');
  setTimeout(function () {
    location.replace(followed.getAttribute('data-next'));
  }, followed.getAttribute('data-wait') * 1000);
})();
